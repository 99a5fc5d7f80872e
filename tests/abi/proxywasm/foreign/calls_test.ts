/** `proxy_call_foreign_function` and what is offered by name. */
import assert from "node:assert/strict";
import type { ForeignFunction } from "../../../../abi/proxywasm/foreign/mod.ts";
import { bytes } from "../../guests.ts";
import { PluginProbe, type ProbeSettings } from "../../probe.ts";

const NAME = 0x100;
const ARGUMENT = 0x200;
const R = 0x600;

function call(
  guest: PluginProbe,
  name: string,
  argument: Uint8Array,
): number | Uint8Array {
  const size = guest.put(NAME, name);
  guest.put(ARGUMENT, argument);
  guest.memory.fill(0xaa, R - 4, R + 12);
  const status = guest.call(
    "proxy_call_foreign_function",
    NAME,
    size,
    ARGUMENT,
    argument.length,
    R,
    R + 4,
  );
  assert.deepEqual([guest.u32(R - 4), guest.u32(R + 8)], [
    0xaaaaaaaa,
    0xaaaaaaaa,
  ]);
  return status === 0 ? guest.given(R, R + 4) : status;
}

function read(guest: PluginProbe, path: string): number | Uint8Array {
  const size = guest.put(NAME, path.replaceAll(".", "\0"));
  const status = guest.call("proxy_get_property", NAME, size, R, R + 4);
  return status === 0 ? guest.given(R, R + 4) : status;
}

function having(
  name: string,
  fn: ForeignFunction,
  settings: ProbeSettings = {},
): PluginProbe {
  return new PluginProbe({
    ...settings,
    hooks: { foreign: new Map([[name, fn]]) },
  });
}

Deno.test("compress and uncompress undo each other", () => {
  const guest = new PluginProbe();
  const compressed = call(guest, "compress", bytes("hello hello hello"));
  assert.deepEqual(
    call(guest, "uncompress", compressed as Uint8Array),
    bytes("hello hello hello"),
  );
});

Deno.test("uncompress says 3 to what zlib did not make, and 10 to what is over the body limit", () => {
  const guest = new PluginProbe({ hooks: { maxBodyBytes: 100 } });
  assert.equal(call(guest, "uncompress", bytes("hello")), 3);
  assert.equal(call(guest, "uncompress", bytes("")), 3);
  const large = call(new PluginProbe(), "compress", new Uint8Array(101));
  assert.equal(call(guest, "uncompress", large as Uint8Array), 10);
  const fits = call(guest, "compress", new Uint8Array(100));
  assert.equal(
    (call(guest, "uncompress", fits as Uint8Array) as Uint8Array).length,
    100,
  );
  assert.equal(call(guest, "compress", new Uint8Array(101)), 10);
});

Deno.test("an empty result is address 0 and size 0, and nothing is allocated (trap 8)", () => {
  const guest = new PluginProbe();
  assert.deepEqual(call(guest, "clear_route_cache", bytes("")), bytes(""));
  assert.deepEqual([guest.u32(R), guest.u32(R + 4)], [0, 0]);
  assert.equal(guest.asked, -1);
});

Deno.test("a guest that wants no result gets none", () => {
  const guest = having("f", () => bytes("result"));
  const size = guest.put(NAME, "f");
  const before = guest.memory.slice();
  const f = (addressAt: number, sizeAt: number) =>
    guest.call(
      "proxy_call_foreign_function",
      NAME,
      size,
      0,
      0,
      addressAt,
      sizeAt,
    );
  assert.equal(f(0, 0), 0);
  assert.equal(guest.asked, -1);
  assert.deepEqual(guest.memory, before);
  assert.equal(f(0, R), 0);
  assert.equal(guest.u32(R), 6);
  assert.equal(guest.asked, -1);
});

Deno.test("a function of the runtime's is called with a copy, its status is the guest's, and unknown names are 1 (trap 4)", () => {
  const given: Uint8Array[] = [];
  const guest = having("f", (argument) => {
    given.push(argument);
    return 2;
  });
  assert.equal(call(guest, "f", bytes("abc")), 2);
  guest.memory.fill(0, ARGUMENT, ARGUMENT + 3);
  assert.deepEqual(given, [bytes("abc")]);
  for (const name of ["", "g", "constructor", "expr_create", "sign"]) {
    assert.equal(call(guest, name, bytes("abc")), 1, name);
  }
});

Deno.test("a result that the guest has no memory for is 6 (trap 11)", () => {
  const guest = having("f", () => bytes("result"));
  guest.allocator = 1;
  assert.equal(call(guest, "f", bytes("")), 6);
});

Deno.test("a filter state that was set is a property of its context", () => {
  const guest = new PluginProbe();
  const message = new Uint8Array([
    ...[0x0a, 3, ...bytes("a.b")],
    ...[0x12, 5, ...bytes("value")],
    ...[0x18, 1],
  ]);
  assert.deepEqual(call(guest, "set_envoy_filter_state", message), bytes(""));
  const size = guest.put(NAME, "filter_state\0a.b");
  assert.equal(guest.call("proxy_get_property", NAME, size, R, R + 4), 0);
  assert.deepEqual(guest.given(R, R + 4), bytes("value"));
  guest.vm.current = guest.root;
  assert.equal(read(guest, "filter_state.a.b"), 1);
});

Deno.test("a filter state that is no message is 2", () => {
  const guest = new PluginProbe();
  const broken = [
    [0x0a],
    [0x0a, 5, 1],
    [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
    [0x09, 1, 2],
    [0x0b],
    [0x02, 0],
    [0x18, 0x80],
  ];
  for (const message of broken) {
    assert.equal(
      call(guest, "set_envoy_filter_state", new Uint8Array(message)),
      2,
      `${message}`,
    );
  }
});
