/** The store against what a plain map would hold. */
import assert from "node:assert/strict";
import {
  MAX_METRIC_NAME_BYTES,
  MAX_METRICS,
  MAX_QUEUES,
} from "../../../../abi/proxywasm/limits.ts";
import {
  BUCKET_BOUNDS,
  type Notify,
  type SharedServices,
  sharedServices,
  SharedStore,
} from "../../../../abi/proxywasm/shared/mod.ts";
import { span, text } from "../../guests.ts";
import { randomSource } from "./random.ts";

const NONE = span("");

function services(store: SharedStore, vmId = "vm", notify: Notify = () => {}) {
  return sharedServices(store.open(vmId), 1, store.nextInstance(), notify);
}

/** What a key has: its value and its number. */
function read(data: SharedServices["data"], key: string) {
  const cas = data.get(span(key));
  return cas === 0 ? undefined : [text(data.tray.copy()), cas] as const;
}

/** The oldest item of a queue, or why there is none. */
function take(queues: SharedServices["queues"], id: number): string | number {
  return queues.take(id) || text(queues.tray.copy());
}

Deno.test("data of several VM ids reads back as a map has it", () => {
  const random = randomSource(7);
  const store = SharedStore.create(8 * 1024 * 1024);
  const ids = ["a", "b", ""];
  const ends = ids.map((id) => services(store, id).data);
  const model = ids.map(() => new Map<string, [string, number]>());
  const cas = ids.map(() => 0);
  for (let step = 0; step < 8000; step++) {
    const vm = random(ids.length);
    const key = `key ${random(400)}`;
    const known = model[vm]!.get(key);
    if (random(2) === 0) {
      assert.deepEqual(read(ends[vm]!, key), known);
      continue;
    }
    const value = "v".repeat(random(random(20) === 0 ? 20_000 : 50));
    const wanted = random(3) === 0 ? (known?.[1] ?? 0) + random(2) : 0;
    const stale = known !== undefined && wanted !== 0 && wanted !== known[1];
    const status = ends[vm]!.set(span(key), span(value), wanted);
    assert.equal(status, stale ? 8 : 0);
    if (!stale) model[vm]!.set(key, [value, ++cas[vm]!]);
  }
  store.check();
});

Deno.test("queues of several VM ids are as lists, and their ids are one sequence", () => {
  const random = randomSource(8);
  const store = SharedStore.create();
  const ready: [number, number][] = [];
  const ends = ["a", "b"].map((id) =>
    services(store, id, ({ instance }, queue) => ready.push([instance, queue]))
      .queues
  );
  const model = new Map<number, string[]>();
  for (let i = 0; i < 6; i++) {
    const id = ends[i % 2]!.register(span(`q${i}`), 5);
    assert.equal(id, i + 1);
    model.set(id, []);
  }
  let enqueued = 0;
  for (let step = 0; step < 8000; step++) {
    const id = 1 + random(7);
    const end = ends[random(2)]!;
    const items = model.get(id);
    if (random(2) === 0) {
      const item = `${step}`.repeat(random(30));
      const status = end.enqueue(id, span(item));
      assert.equal(status, items === undefined ? 1 : 0);
      if (items?.push(item)) enqueued++;
    } else {
      const wanted = items === undefined ? 1 : items.shift() ?? 7;
      assert.deepEqual(take(end, id), wanted);
    }
  }
  assert.equal(ready.length, enqueued);
  assert.ok(ready.every(([instance, id]) => instance === (id % 2 ? 1 : 2)));
  store.check();
});

Deno.test("a queue is found from another VM by that VM's id, and its items go both ways", () => {
  const store = SharedStore.create();
  const one = services(store, "one").queues;
  const two = services(store, "two").queues;
  const id = one.register(span("q"), 1);
  assert.equal(two.resolve(span("one"), span("q")), id);
  assert.equal(two.resolve(NONE, span("q")), 0);
  assert.equal(one.resolve(NONE, span("q")), id);
  assert.equal(two.resolve(span("three"), span("q")), 0);
  assert.equal(two.enqueue(id, span("x")), 0);
  assert.equal(take(one, id), "x");
});

Deno.test("the last to register hears of items, with what waits left in place", () => {
  const store = SharedStore.create();
  const heard: unknown[] = [];
  const space = store.open("vm");
  const end = (owner: number, instance: number) =>
    sharedServices(space, owner, instance, (who, id) => heard.push([who, id]))
      .queues;
  const id = end(1, 10).register(span("q"), 3);
  end(1, 10).enqueue(id, span("first"));
  assert.equal(end(2, 20).register(span("q"), 4), id);
  end(1, 10).enqueue(id, NONE);
  assert.deepEqual(heard, [
    [{ owner: 1, instance: 10, root: 3 }, id],
    [{ owner: 2, instance: 20, root: 4 }, id],
  ]);
  assert.equal(take(end(1, 10), id), "first");
});

Deno.test("an item that is put back is the first again", () => {
  const { queues } = services(SharedStore.create());
  const id = queues.register(span("q"), 1);
  queues.enqueue(id, span("one"));
  assert.equal(queues.take(id), 0);
  const item = queues.tray.copy();
  queues.enqueue(id, span("two"));
  assert.ok(queues.putBack(id, span(item)));
  assert.equal(take(queues, id), "one");
  assert.equal(take(queues, id), "two");
  assert.equal(queues.take(id), 7);
  assert.ok(queues.putBack(id, span("alone")));
  queues.enqueue(id, span("next"));
  assert.equal(take(queues, id), "alone");
  assert.equal(take(queues, id), "next");
});

Deno.test("all that a VM id has goes with it, its ends are of nothing, others keep theirs", async () => {
  const store = SharedStore.create();
  const kept = services(store, "kept");
  kept.data.set(span("k"), span("v"), 0);
  const before = store.check();
  const gone = services(store, "gone");
  for (let i = 0; i < 500; i++) {
    gone.data.set(span(`key ${i}`), span("v".repeat(i)), 0);
  }
  const queue = gone.queues.register(span("q"), 1);
  for (let i = 0; i < 50; i++) gone.queues.enqueue(queue, span("item"));
  const counter = gone.metrics.define(0, span("c"));
  const histogram = gone.metrics.define(2, span("h"));
  gone.metrics.increment(counter, 1n);
  await store.remove("gone");
  await store.remove("never there");
  assert.equal(gone.data.get(span("key 1")), 0);
  assert.equal(gone.data.set(span("k"), span("v"), 0), 0);
  assert.equal(gone.data.get(span("k")), 0);
  assert.equal(gone.queues.register(span("q"), 1), 0);
  assert.equal(gone.queues.resolve(NONE, span("q")), 0);
  assert.equal(kept.queues.resolve(span("gone"), span("q")), 0);
  assert.equal(gone.queues.enqueue(queue, NONE), 1);
  assert.equal(gone.queues.take(queue), 1);
  assert.equal(gone.metrics.increment(counter, 1n), 1);
  assert.equal(gone.metrics.record(histogram, 1n), 1);
  assert.equal(gone.metrics.define(0, span("c")), 0);
  assert.deepEqual(read(kept.data, "k"), ["v", 1]);
  assert.deepEqual([...store.metrics()], []);
  // Cells are kept for later metrics, and buckets for later entries.
  assert.ok(store.check() - before < 16_384);
  const anew = services(store, "gone");
  assert.equal(anew.data.get(span("key 1")), 0);
  assert.equal(anew.data.set(span("k"), span("v"), 0), 0);
  assert.equal(anew.data.get(span("k")), 1);
  const c = anew.metrics.define(0, span("c"));
  assert.equal(anew.metrics.get(c), 0n, "used cells begin at 0");
});

Deno.test("the queues of a VM id go with it, those of another keep their ids and items", async () => {
  const store = SharedStore.create();
  const [gone, kept] = ["gone", "kept"].map((id) => services(store, id).queues);
  assert.deepEqual(
    ["1", "2"].map((name) => gone!.register(span(name), 1)),
    [1, 2],
  );
  assert.deepEqual(
    ["3", "4"].map((name) => kept!.register(span(name), 1)),
    [3, 4],
  );
  assert.equal(kept!.enqueue(4, span("item")), 0);
  await store.remove("gone");
  for (const name of ["1", "2"]) {
    assert.equal(kept!.resolve(span("gone"), span(name)), 0);
  }
  assert.equal(kept!.resolve(NONE, span("3")), 3);
  assert.equal(kept!.resolve(NONE, span("4")), 4);
  assert.equal(take(kept!, 4), "item");
  assert.equal(kept!.register(span("5"), 1), 5, "an id is not used again");
});

Deno.test("no queue has the id 0, before there are any and after", () => {
  const { queues } = services(SharedStore.create());
  for (let i = 0; i < 2; i++) {
    assert.equal(queues.take(0), 1);
    assert.equal(queues.enqueue(0, NONE), 1);
    assert.equal(queues.register(span("q"), 1), 1);
  }
  assert.equal(queues.take(1), 7);
});

Deno.test("VM ids that come and go leave nothing behind", async () => {
  const store = SharedStore.create(1024 * 1024);
  let size = 0;
  for (let round = 0; round < 40; round++) {
    for (let i = 0; i < 20; i++) {
      const { data, metrics } = services(store, `vm ${i}`);
      for (let k = 0; k < 20; k++) {
        assert.equal(data.set(span(`${k}`), span(new Uint8Array(700)), 0), 0);
      }
      metrics.define(2, span("h"));
    }
    for (let i = 0; i < 20; i++) await store.remove(`vm ${i}`);
    if (round === 0) size = store.check();
  }
  assert.equal(store.check(), size);
});

Deno.test("values and items of every size come out whole, also long ones after short ones", () => {
  const { data, queues } = services(SharedStore.create());
  const id = queues.register(span("q"), 1);
  for (const size of [0, 1, 63, 64, 65, 4095, 4096, 4097, 100_000, 5]) {
    const value = new Uint8Array(size).map((_, i) => i * 7);
    assert.equal(data.set(span("k"), span(value), 0), 0);
    assert.equal(queues.enqueue(id, span(value)), 0);
    data.get(span("k"));
    assert.deepEqual(data.tray.copy(), value);
    assert.equal(queues.take(id), 0);
    assert.deepEqual(queues.tray.copy(), value);
  }
});

Deno.test("a store that is full answers 10 and goes on", () => {
  const store = SharedStore.create(512 * 1024);
  const { data, queues, metrics } = services(store);
  const id = queues.register(span("q"), 1);
  const counter = metrics.define(0, span("c"));
  let stored = 0;
  while (data.set(span(`${stored}`), span(new Uint8Array(1000)), 0) === 0) {
    stored++;
  }
  assert.ok(stored > 300);
  while (data.set(span("k"), NONE, 0) === 0 && queues.enqueue(id, NONE) === 0);
  assert.equal(data.set(span("0"), span(new Uint8Array(5000)), 0), 10);
  assert.equal(read(data, "0")![0].length, 1000, "unchanged");
  assert.equal(data.set(span("0"), NONE, 0), 0);
  assert.equal(metrics.increment(counter, 1n), 0);
  assert.equal(data.set(span("0"), span(new Uint8Array(500)), 0), 0);
  store.check();
});

Deno.test("a VM id cannot keep more than its share", () => {
  const store = SharedStore.create();
  const { data, queues } = services(store);
  const large = new Uint8Array(33 * 1024 * 1024);
  assert.equal(data.set(span("a"), span(large), 0), 0);
  assert.equal(data.set(span("b"), span(large), 0), 10);
  const id = queues.register(span("q"), 1);
  assert.equal(queues.enqueue(id, span(large)), 0);
  assert.equal(queues.enqueue(id, span(large)), 10);
  assert.equal(services(store, "other").data.set(span("a"), span(large), 0), 0);
  for (let i = 1; i < MAX_QUEUES; i++) queues.register(span(`q${i}`), 1);
  assert.equal(queues.register(span("one more"), 1), 0);
  assert.equal(queues.register(span("q"), 1), id);
});

Deno.test("metrics: ids as Envoy gives them, one metric for equal names, all instances count in one place", () => {
  const store = SharedStore.create();
  const one = services(store).metrics;
  const two = services(store).metrics;
  const define = (type: 0 | 1 | 2, name: string) =>
    one.define(type, span(name));
  assert.deepEqual(
    [define(0, "a"), define(1, "a"), define(2, "a")],
    [4, 5, 6],
  );
  assert.deepEqual([define(2, "b"), define(0, "b"), define(0, "a")], [
    10,
    8,
    4,
  ]);
  assert.equal(two.define(0, span("a")), 4);
  one.increment(4, 2n);
  two.increment(4, 3n);
  assert.equal(two.get(4), 5n);
  assert.equal(two.record(5, 7n), 0, "defined by the other instance");
  assert.equal(one.increment(5, -9n), 0);
  assert.equal(one.get(5), 2n ** 64n - 2n);
  for (const id of [0, 1, 12, 9, 2 ** 32 - 4]) {
    assert.equal(one.increment(id, 1n), 1, `${id}`);
    assert.equal(one.record(id, 1n), 1, `${id}`);
    assert.equal(one.get(id), 1, `${id}`);
  }
  assert.equal(one.get(3), 2);
  const [[vmId, all]] = [...store.metrics()] as [[Uint8Array, never]];
  assert.equal(text(vmId), "vm");
  assert.equal([...all].length, 5);
});

Deno.test("a histogram counts by Envoy's buckets, whose bounds are inclusive", () => {
  const store = SharedStore.create();
  const { metrics } = services(store);
  const id = metrics.define(2, span("h"));
  const samples = [0n, 1n, 2n, 5n, 6n, 3_600_000n, 3_600_001n, -1n];
  for (const sample of samples) assert.equal(metrics.record(id, sample), 0);
  const [histogram] = [...metrics.all()];
  const counted = new Map(
    histogram!.buckets.map((n, i) => [BUCKET_BOUNDS[i] ?? Infinity, n]),
  );
  assert.deepEqual([...counted].filter(([, n]) => n > 0n), [
    [0.5, 1n],
    [1, 1n],
    [5, 2n],
    [10, 1n],
    [3_600_000, 1n],
    [Infinity, 2n],
  ]);
  assert.equal(histogram!.value, 7_200_014n, "a u64, so -1 takes one away");
});

Deno.test("a histogram's bins have two significant digits of every u64", () => {
  const { metrics } = services(SharedStore.create());
  const id = metrics.define(2, span("h"));
  for (const sample of [0n, 1n, 5n, 10n, 99n, 100n, 105n, 110n, 999n, -1n]) {
    metrics.record(id, sample);
  }
  for (let power = 10n; power < 2n ** 64n; power *= 10n) {
    metrics.record(id, power);
  }
  const [histogram] = [...metrics.all()];
  const bins = histogram!.bins();
  const upTo = (least: number) => bins.filter(([at]) => at <= least);
  assert.deepEqual(upTo(1000), [
    [0, 1],
    [1, 1],
    [5, 1],
    [10, 2],
    [99, 1],
    [100, 3],
    [110, 1],
    [990, 1],
    [1000, 1],
  ]);
  // One for each further power of ten, and the greatest u64.
  assert.equal(bins.length, 9 + 17);
  assert.deepEqual(bins.at(-1), [18e18, 1]);
});

Deno.test("metrics are bounded in number and in the length of their names", () => {
  const { metrics } = services(SharedStore.create());
  const long = new Uint8Array(MAX_METRIC_NAME_BYTES);
  assert.notEqual(metrics.define(0, span(long)), 0);
  assert.equal(metrics.define(0, span(new Uint8Array(long.length + 1))), 0);
  for (let i = 1; i < MAX_METRICS; i++) {
    assert.notEqual(metrics.define(i % 3 as 0, span(`m${i}`)), 0);
  }
  assert.equal(metrics.define(1, span("one more")), 0);
  assert.notEqual(metrics.define(1, span("m1")), 0);
});

Deno.test("a guest at the end of its stack gets an error, and the store is whole and unlocked", async () => {
  const store = SharedStore.create(8 * 1024 * 1024);
  const empty = store.check();
  const { data } = services(store);
  let failures = 0;
  function deeper(n: number, step: number): void {
    try {
      const size = n * 7 % 100;
      data.set(span(`${n % 50}`), span(new Uint8Array(size).fill(size)), 0);
      data.get(span(`${n % 31}`));
    } catch (error) {
      assert.ok(error instanceof RangeError);
      failures++;
    }
    // The frames of some steps are larger, so that the stack ends at all places of an operation.
    if (step % 3 === 0) deeper(n + 1, step);
    else if (step % 3 === 1) Reflect.apply(deeper, undefined, [n + 1, step]);
    else [n].forEach(() => deeper(n + 1, step));
  }
  for (let step = 0; step < 30; step++) {
    assert.throws(() => deeper(0, step), RangeError);
  }
  assert.ok(failures > 0);
  store.check();
  for (let n = 0; n < 50; n++) {
    data.get(span(`${n}`));
    const value = data.tray.copy();
    assert.deepEqual(value, new Uint8Array(value.length).fill(value.length));
  }
  assert.equal(data.set(span("k"), span("v"), 0), 0);
  await store.remove("vm");
  assert.ok(store.check() - empty <= 1024, "nothing was lost");
});
