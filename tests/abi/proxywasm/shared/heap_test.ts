import assert from "node:assert/strict";
import { Heap } from "../../../../abi/proxywasm/shared/heap.ts";
import { HEAP_AT, Region } from "../../../../abi/proxywasm/shared/region.ts";
import { randomSource } from "./random.ts";

const MiB = 1024 * 1024;

function heap(bytes = MiB): { region: Region; heap: Heap } {
  const region = Region.create(bytes);
  return { region, heap: new Heap(region) };
}

for (const seed of [1, 2, 3, 4]) {
  Deno.test(`blocks keep their bytes and never overlap, whatever comes and goes (seed ${seed})`, () => {
    const random = randomSource(seed);
    const { region, heap: tested } = heap(2 * MiB);
    const model = new Map<number, Uint8Array>();
    const pick = () => [...model.keys()][random(model.size)]!;
    let refused = 0;
    for (let step = 0; step < 6000; step++) {
      // Mostly small, some large; now growing, now shrinking.
      const grows = random(10) < (step % 2000 < 1200 ? 7 : 3);
      if (grows || model.size === 0) {
        const size = random(random(8) === 0 ? 60_000 : 200);
        const at = tested.allocate(size);
        if (at === 0) {
          refused++;
          continue;
        }
        assert.equal(at % 8, 0);
        const bytes = crypto.getRandomValues(new Uint8Array(size));
        region.bytes.set(bytes, at);
        assert.ok(!model.has(at));
        model.set(at, bytes);
      } else {
        const at = pick();
        const bytes = model.get(at)!;
        assert.deepEqual(region.bytes.slice(at, at + bytes.length), bytes);
        tested.free(at);
        model.delete(at);
      }
      if (step % 50 === 0) tested.check();
    }
    assert.ok(refused > 0, "the heap was never full");
    for (const [at, bytes] of model) {
      assert.deepEqual(region.bytes.slice(at, at + bytes.length), bytes);
      tested.free(at);
    }
    assert.equal(tested.check(), 0);
    assert.equal(tested.allocate(1), HEAP_AT + 8, "all of it is one again");
  });
}

Deno.test("a heap goes to its bound and says 0 beyond", () => {
  const { heap: tested } = heap(MiB);
  const half = MiB / 2 - HEAP_AT;
  assert.notEqual(tested.allocate(half), 0);
  assert.equal(tested.allocate(MiB), 0);
  assert.notEqual(tested.allocate(half), 0);
  assert.equal(tested.allocate(half), 0);
});

Deno.test("a full heap finds the block that is just large enough among many that are not", () => {
  const { heap: tested } = heap(512 * 1024);
  const small: number[] = [];
  // Of one bin: 1024 to 2047 bytes.
  for (let at = tested.allocate(1100); at !== 0; at = tested.allocate(1100)) {
    small.push(at);
  }
  small.forEach((at, i) => i % 2 === 0 && tested.free(at));
  assert.notEqual(tested.allocate(1100), 0);
  tested.check();
});
