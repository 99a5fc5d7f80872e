/** Contexts by their ids: which one a host call acts on, what it may still see there (ABI.md §7.22, §7.27, §7.33). */
import assert from "node:assert/strict";
import { idAfter } from "../../../abi/proxywasm/contexts.ts";
import { PluginProbe } from "../probe.ts";
import { FIELDS, guest, open } from "./opened.ts";

Deno.test("an id that is none, or none any more, is 2 and leaves the context as it was (trap 22)", () => {
  const guest = new PluginProbe();
  assert.equal(guest.call("proxy_set_effective_context", 1), 0);
  for (const id of [3, 99, -1]) {
    assert.equal(guest.call("proxy_set_effective_context", id), 2);
    assert.equal(guest.vm.current, guest.root);
  }
  assert.equal(guest.call("proxy_set_effective_context", 2), 0);
  guest.vm.delete(guest.root);
  assert.equal(guest.call("proxy_set_effective_context", 1), 2);
  assert.equal(guest.vm.current, guest.http);
});

Deno.test("ids of contexts go round past 0 and past those that are alive, with all 32 bits (trap 33)", () => {
  const none = new Map();
  assert.equal(idAfter(0, none), 1);
  assert.equal(idAfter(0x7fffffff, none), 0x80000000);
  assert.equal(idAfter(0xfffffffe, none), 0xffffffff);
  assert.equal(idAfter(0xffffffff, none), 1);
  const alive = new Map([[0xffffffff, ""], [1, ""], [2, ""]]);
  assert.equal(idAfter(0xfffffffe, alive), 3);
  const guest = new PluginProbe({ onRoot: true });
  guest.vm.contexts.set(0xfffffffe, guest.http);
  assert.equal(guest.call("proxy_set_effective_context", -2), 0);
  assert.equal(guest.vm.current, guest.http);
});

Deno.test("contexts of other instances cannot be named, also where they share all else (trap 22)", () => {
  const here = new PluginProbe();
  const there = new PluginProbe({ hooks: { shared: here.vm.shared } });
  there.vm.contexts.set(7, there.http);
  assert.equal(there.call("proxy_set_effective_context", 7), 0);
  assert.equal(here.call("proxy_set_effective_context", 7), 2);
  assert.equal(here.call("proxy_set_effective_context", 2), 0);
  assert.equal(here.vm.current, here.http);
});

Deno.test("headers that a paused request went on with can still be read from a tick, and not be changed (trap 27)", async () => {
  const get = `(call $say (i32.add (i32.const 48)
    (call $proxy_get_header_map_value (i32.const 0) (i32.const 600)
      (i32.const 5) (i32.const 592) (i32.const 596))))
    (call $say (i32.add (i32.const 48) (i32.load (i32.const 596))))`;
  const add = `(call $say (i32.add (i32.const 48)
    (call $proxy_add_header_map_value (i32.const 0) (i32.const 600)
      (i32.const 5) (i32.const 600) (i32.const 1))))`;
  const opened = await open(
    guest(
      { request_headers: "1" },
      `(data (i32.const 600) "x-one")`,
      { tick: `${get} ${add} (call $go (i32.const 0))` },
    ),
  );
  const fields = FIELDS();
  opened.request.headers(fields, true);
  opened.go();
  const before = fields.size;
  assert.deepEqual(
    opened.all.splice(0),
    ["h", "!", "0", "1", "0", "> headers end"],
  );
  opened.go();
  assert.deepEqual(opened.all, [
    "0",
    "1",
    "proxy_add_header_map_value did nothing: header map 0 was sent on before proxy_on_tick",
    "0",
  ]);
  assert.equal(fields.size, before);
});
