import assert from "node:assert/strict";
import { bytes, text } from "../guests.ts";
import { PluginProbe, type ProbeSettings } from "../probe.ts";

const DATA = 0x100;
const R = 0x300;

function probe(settings: ProbeSettings = {}): PluginProbe {
  return new PluginProbe({
    request: { body: bytes("0123456789"), bodyIsReal: true },
    options: {
      vmConfiguration: bytes("vm text"),
      pluginConfiguration: bytes("plugin text"),
    },
    ...settings,
  });
}

/** ABI.md §1.2: start, max, what comes back. -1 is every u32's greatest. */
const READS: [start: number, max: number, part: string][] = [
  [0, 10, "0123456789"],
  [0, 4, "0123"],
  [4, 3, "456"],
  [4, -1, "456789"],
  [0, -1, "0123456789"],
  [0, 0x7fffffff, "0123456789"],
  [10, 5, ""],
  [11, 5, ""],
  [-1, -1, ""],
  [3, 0, ""],
];

for (const [start, max, part] of READS) {
  Deno.test(`reading a body from ${start}, ${max} bytes at most, gives "${part}" (trap 1)`, () => {
    const guest = probe();
    assert.equal(
      guest.call("proxy_get_buffer_bytes", 0, start, max, R, R + 4),
      0,
    );
    assert.equal(guest.givenText(R, R + 4), part);
  });
}

/** ABI.md §4.8. `X` is put into `0123456789`. */
const WRITES: [name: string, start: number, size: number, result: string][] = [
  ["prepends with (0, 0)", 0, 0, "X0123456789"],
  ["replaces all with (0, length)", 0, 10, "X"],
  ["replaces all with Go's (0, 0x7fffffff)", 0, 0x7fffffff, "X"],
  ["replaces all with (0, -1)", 0, -1, "X"],
  ["replaces the prefix", 0, 4, "X456789"],
  ["appends with Go's (0x7fffffff, 0)", 0x7fffffff, 0, "0123456789X"],
  ["appends with (-1, 0)", -1, 0, "0123456789X"],
  ["appends at the length, whatever the size", 10, 5, "0123456789X"],
  ["replaces in the middle", 2, 3, "01X56789"],
  ["inserts in the middle", 2, 0, "01X23456789"],
  ["replaces the rest when the size is over it", 8, -1, "01234567X"],
];

for (const type of [0, 1]) {
  for (const [name, start, size, result] of WRITES) {
    Deno.test(`set_buffer_bytes on body ${type} ${name}`, () => {
      const guest = probe();
      if (type === 1) {
        guest.http.responseSide.body!.replace(bytes("0123456789"));
      }
      guest.put(DATA, "X");
      const answer = guest.call(
        "proxy_set_buffer_bytes",
        type,
        start,
        size,
        DATA,
        1,
      );
      assert.equal(answer, 0);
      const buffer = type === 0
        ? guest.http.requestSide.body!
        : guest.http.responseSide.body!;
      assert.equal(text(buffer.view()), result);
    });
  }
}

Deno.test("a body appended to in many small pieces has them all in order", () => {
  const guest = probe();
  let expected = "0123456789";
  for (let i = 0; i < 300; i++) {
    const piece = `${i},`;
    expected += piece;
    const size = guest.put(DATA, piece);
    guest.call("proxy_set_buffer_bytes", 0, -1, 0, DATA, size);
  }
  assert.equal(text(guest.http.requestSide.body!.view()), expected);
});

Deno.test("what a host gave as a body is not written to", () => {
  const body = bytes("0123456789");
  const guest = probe({ request: { body, bodyIsReal: true } });
  guest.put(DATA, "X");
  for (const [, start, size] of WRITES) {
    guest.call("proxy_set_buffer_bytes", 0, start, size, DATA, 1);
  }
  assert.equal(text(body), "0123456789");
});

Deno.test("configurations can be read at any time and not be written (trap 1)", () => {
  const guest = probe({ onRoot: true });
  for (const [type, value] of [[6, "vm text"], [7, "plugin text"]] as const) {
    assert.equal(
      guest.call("proxy_get_buffer_bytes", type, 0, -1, R, R + 4),
      0,
    );
    assert.equal(guest.givenText(R, R + 4), value);
    // 0 keeps Rust guests alive (§1.11); the log says that nothing was done.
    assert.equal(guest.call("proxy_set_buffer_bytes", type, 0, 0, DATA, 1), 0);
    assert.match(guest.host.lines.at(-1)!, /buffer \d cannot be changed/);
    guest.call("proxy_get_buffer_bytes", type, 0, -1, R, R + 4);
    assert.equal(guest.givenText(R, R + 4), value);
  }
});

Deno.test("an empty configuration is status 0 with address 0 and size 0 (trap 12)", () => {
  const guest = probe({ options: {} });
  assert.equal(guest.call("proxy_get_buffer_bytes", 7, 0, -1, R, R + 4), 0);
  assert.equal(guest.u32(R), 0);
  assert.equal(guest.u32(R + 4), 0);
});

Deno.test("buffers that are not there are empty, but 1 for the body of a call's answer, types above 8 are 2 (trap 12)", () => {
  const guest = probe();
  for (const type of [2, 3, 4, 5]) {
    const status = type === 4 ? 1 : 0;
    assert.equal(
      guest.call("proxy_get_buffer_bytes", type, 0, 1, R, R + 4),
      status,
    );
    assert.equal(guest.call("proxy_get_buffer_status", type, R, R + 4), status);
    assert.equal(guest.call("proxy_set_buffer_bytes", type, 0, 0, DATA, 1), 0);
  }
  for (const type of [9, 100, -1]) {
    assert.equal(guest.call("proxy_get_buffer_bytes", type, 0, 1, R, R + 4), 2);
    assert.equal(guest.call("proxy_get_buffer_status", type, R, R + 4), 2);
    assert.equal(guest.call("proxy_set_buffer_bytes", type, 0, 0, DATA, 1), 2);
  }
});

Deno.test("a 0.1.0 module hears why a buffer cannot be set", () => {
  const guest = probe({ version: "0_1_0" });
  assert.equal(guest.call("proxy_set_buffer_bytes", 6, 0, 0, DATA, 1), 2);
  assert.equal(guest.call("proxy_set_buffer_bytes", 4, 0, 0, DATA, 1), 1);
});

Deno.test("on a root context there are no bodies", () => {
  const guest = probe({ onRoot: true });
  assert.equal(guest.call("proxy_get_buffer_bytes", 0, 0, 1, R, R + 4), 0);
  assert.equal(guest.u32(R + 4), 0);
  assert.equal(guest.call("proxy_set_buffer_bytes", 1, 0, 0, DATA, 1), 0);
  assert.match(guest.host.lines[0]!, /no buffer 1/);
});

Deno.test("a body grows to the limit and not past it", () => {
  const guest = probe({ hooks: { maxBodyBytes: 12 } });
  guest.put(DATA, "abc");
  assert.equal(guest.call("proxy_set_buffer_bytes", 0, -1, 0, DATA, 2), 0);
  assert.equal(guest.call("proxy_set_buffer_bytes", 0, -1, 0, DATA, 1), 0);
  assert.equal(guest.http.localResponse?.status, 500);
  assert.equal(text(guest.http.requestSide.body!.view()), "0123456789ab");
  // Replacing counts what goes.
  assert.equal(guest.call("proxy_set_buffer_bytes", 0, 0, 12, DATA, 3), 0);
  assert.equal(text(guest.http.requestSide.body!.view()), "abc");
});

Deno.test("the status of a buffer is its length and no flags", () => {
  const guest = probe();
  guest.memory.fill(0xaa, R, R + 12);
  assert.equal(guest.call("proxy_get_buffer_status", 0, R, R + 4), 0);
  assert.equal(guest.u32(R), 10);
  assert.equal(guest.u32(R + 4), 0);
  assert.equal(guest.u32(R + 8), 0xaaaaaaaa);
});

Deno.test("call data keeps the last text that was set at 0, in each SDK's way", () => {
  const guest = probe();
  for (const size of [0x7fffffff, 4, 0]) {
    guest.put(DATA, `id_${size % 9}`);
    guest.call("proxy_set_buffer_bytes", 8, 0, size, DATA, 4);
    assert.equal(text(guest.vm.callData.view()), `id_${size % 9}`);
  }
});

Deno.test("0.1.0's configuration call gives the VM's text in vm_start and the plugin's later", () => {
  const guest = probe({ version: "0_1_0" });
  guest.vm.enter("proxy_on_vm_start", guest.root);
  assert.equal(guest.call("proxy_get_configuration", R, R + 4), 0);
  assert.equal(guest.givenText(R, R + 4), "vm text");
  guest.vm.enter("proxy_on_configure", guest.root);
  assert.equal(guest.call("proxy_get_configuration", R, R + 4), 0);
  assert.equal(guest.givenText(R, R + 4), "plugin text");
});
