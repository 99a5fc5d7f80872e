import assert from "node:assert/strict";
import { GuestMemory } from "../../abi/memory.ts";
import { Allocation, HEAP, PAGE, PluginProbe } from "./probe.ts";
import { bytes } from "./guests.ts";

const R = 0x300;

function withBody(body: Uint8Array, onRoot = false): PluginProbe {
  return new PluginProbe({ request: { body, bodyIsReal: true }, onRoot });
}

Deno.test("a result is put in memory of exactly its size and its address and size are stored (trap 9)", () => {
  const probe = withBody(bytes("hello"));
  assert.equal(probe.call("proxy_get_buffer_bytes", 0, 0, 99, R, R + 4), 0);
  assert.equal(probe.asked, 5);
  assert.equal(probe.u32(R), HEAP);
  assert.equal(probe.u32(R + 4), 5);
  assert.equal(probe.givenText(R, R + 4), "hello");
});

Deno.test("an empty result asks for no memory and is address 0, size 0 (trap 8)", () => {
  const probe = withBody(bytes(""));
  probe.memory.fill(0xaa, R, R + 12);
  assert.equal(probe.call("proxy_get_buffer_bytes", 0, 0, 99, R, R + 4), 0);
  assert.equal(probe.asked, -1);
  assert.equal(probe.u32(R), 0);
  assert.equal(probe.u32(R + 4), 0);
  assert.equal(probe.u32(R + 8), 0xaaaaaaaa);
});

for (
  const [what, mode] of [
    ["gives 0", Allocation.refuses],
    ["gives what does not fit", Allocation.outOfRange],
  ] as const
) {
  Deno.test(`an allocator that ${what} is status 6 and nothing is stored (trap 11)`, () => {
    const probe = withBody(bytes("hello"));
    probe.memory.fill(0xaa, R, R + 8);
    probe.allocator = mode;
    assert.equal(probe.call("proxy_get_buffer_bytes", 0, 0, 99, R, R + 4), 6);
    assert.equal(probe.u32(R), 0xaaaaaaaa);
    assert.equal(probe.u32(R + 4), 0xaaaaaaaa);
  });
}

Deno.test("memory that the allocator grows is written to through fresh views (trap 3)", () => {
  const probe = withBody(bytes("hello"));
  probe.allocator = Allocation.grows;
  assert.equal(probe.call("proxy_get_buffer_bytes", 0, 0, 99, R, R + 4), 0);
  assert.equal(probe.u32(R), PAGE);
  assert.equal(probe.givenText(R, R + 4), "hello");
  assert.equal(
    probe.call("proxy_get_header_map_pairs", 0, R, R + 4),
    0,
    "pairs are written in place",
  );
  assert.equal(probe.u32(R), 2 * PAGE);
  assert.equal(probe.u32(2 * PAGE), 2);
});

Deno.test("a result may end where the memory ends", () => {
  const probe = withBody(bytes("hello"));
  probe.allocator = Allocation.ends;
  assert.equal(probe.call("proxy_get_buffer_bytes", 0, 0, 99, R, R + 4), 0);
  assert.equal(probe.u32(R), PAGE - 5);
  assert.equal(probe.givenText(R, R + 4), "hello");
});

Deno.test("a trap in the allocator passes through the host call (trap 11)", () => {
  const probe = withBody(bytes("hello"));
  probe.allocator = Allocation.traps;
  assert.throws(
    () => probe.call("proxy_get_buffer_bytes", 0, 0, 99, R, R + 4),
    WebAssembly.RuntimeError,
  );
});

Deno.test("the allocator may log, and any other host call of it ends the guest (trap 11)", () => {
  const probe = withBody(bytes("hello"));
  probe.allocator = Allocation.logs;
  assert.equal(probe.call("proxy_get_buffer_bytes", 0, 0, 99, R, R + 4), 0);
  assert.deepEqual(probe.host.lines, ["2 "]);
  probe.allocator = Allocation.callsHost;
  assert.throws(
    () => probe.call("proxy_get_buffer_bytes", 0, 0, 99, R, R + 4),
    /restricted_callback: proxy_done/,
  );
  // The flag is not left behind.
  probe.allocator = Allocation.normal;
  assert.equal(probe.call("proxy_set_tick_period_milliseconds", 5), 0);
});

Deno.test("a guest without an allocator gets 6 for results and 0 for empty ones", () => {
  const memory = new GuestMemory();
  memory.attach(new WebAssembly.Memory({ initial: 1 }), undefined);
  assert.equal(memory.give(bytes("x"), 0, 4), 6);
  assert.equal(memory.give(bytes(""), 0, 4), 0);
});

Deno.test("before instantiation every address is bad", () => {
  const memory = new GuestMemory();
  assert.equal(memory.holds(0, 1), false);
  assert.equal(memory.text(0, 1), undefined);
  assert.equal(memory.give(bytes("x"), 0, 4), 6);
});

Deno.test("shared memory that grows is seen, and its text can be read (trap 3)", () => {
  const shared = new WebAssembly.Memory({
    initial: 1,
    maximum: 3,
    shared: true,
  });
  const memory = new GuestMemory();
  memory.attach(shared, undefined);
  assert.equal(memory.holds(PAGE, 1), false);
  shared.grow(1);
  assert.equal(memory.holds(PAGE, PAGE), true);
  const long = "a text that TextDecoder would be asked for, ä";
  assert.equal(memory.write(PAGE, bytes(long)), true);
  assert.equal(memory.text(PAGE, bytes(long).length), long);
});

Deno.test("text is decoded with replacement and keeps its byte order mark (trap 34)", () => {
  const memory = new GuestMemory();
  memory.attach(new WebAssembly.Memory({ initial: 1 }), undefined);
  memory.write(0, new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0xff]));
  assert.equal(memory.text(0, 5), "\ufeffa\ufffd");
  assert.equal(memory.byteString(3, 2), "a\xff");
});

Deno.test("no text is longer than 1 MiB", () => {
  const memory = new GuestMemory();
  memory.attach(new WebAssembly.Memory({ initial: 32 }), undefined);
  assert.equal(memory.byteString(0, 1024 * 1024)?.length, 1024 * 1024);
  assert.equal(memory.byteString(0, 1024 * 1024 + 1), undefined);
  assert.equal(memory.text(0, 1024 * 1024 + 1), undefined);
});
