/** Addresses that are negative as a signed number, and memory that moved since the host last looked. */
import assert from "node:assert/strict";
import { type Call, CALLS, fresh, R, run } from "./memory_calls.ts";
import { Allocation, FAR, HEAP, PAGE, type PluginProbe } from "./probe.ts";

/** A call's arguments with all its addresses `by` further up, as wasm hands them over. */
function moved({ args, spans }: Call, by: number): number[] {
  const at = new Set(spans.map(([index]) => index));
  return args.map((one, i) => at.has(i) ? (one + by) | 0 : one);
}

/** Whether each result of a call was stored, with all addresses `by` further up. */
function assertStored(probe: PluginProbe, { args, spans }: Call, by: number) {
  for (const [index, size] of spans) {
    if (typeof size !== "number") continue;
    const at = args[index]! + by;
    const bytes = probe.memory.subarray(at, at + size);
    assert.ok(bytes.some((byte) => byte !== 0xaa), `argument ${index}`);
  }
}

for (const call of CALLS) {
  const { name } = call;

  Deno.test(`${name} takes addresses from 2 GiB on (trap 1)`, async () => {
    const probe = fresh(name);
    probe.grow(FAR / PAGE);
    probe.memory.copyWithin(FAR, 0, PAGE);
    const below = probe.memory.slice(0, PAGE);
    probe.heap = FAR + HEAP;
    assert.equal(await run(probe, name, moved(call, FAR)), call.status ?? 0);
    assertStored(probe, call, FAR);
    assert.deepEqual(probe.memory.slice(0, PAGE), below);
  });

  Deno.test(`${name} sees memory that grew since the last call, and grows in its allocator (trap 3)`, async () => {
    const probe = fresh(name);
    assert.equal(probe.vm.memory.holds(0, PAGE), true, "the host has looked");
    const first = probe.memory.slice();
    probe.grow(1);
    probe.memory.set(first, PAGE);
    probe.allocator = Allocation.grows;
    assert.equal(await run(probe, name, moved(call, PAGE)), call.status ?? 0);
    assertStored(probe, call, PAGE);
    assert.deepEqual(probe.memory.slice(0, PAGE), first);
    assert.equal(probe.memory.length, (2 + probe.allocations) * PAGE);
  });
}

Deno.test("what the allocator gives from 2 GiB on is an address like any other (trap 1)", () => {
  const probe = fresh("proxy_get_buffer_bytes");
  probe.grow(FAR / PAGE);
  probe.heap = FAR;
  assert.equal(probe.call("proxy_get_buffer_bytes", 0, 0, -1, R, R + 4), 0);
  assert.equal(probe.u32(R), FAR);
  assert.equal(probe.givenText(R, R + 4), "hello");
});
