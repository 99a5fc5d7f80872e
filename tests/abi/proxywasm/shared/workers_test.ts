/** Several threads at one store. */
import assert from "node:assert/strict";
import {
  sharedServices,
  SharedStore,
} from "../../../../abi/proxywasm/shared/mod.ts";
import { span } from "../../guests.ts";

/** Runs the same job in `count` workers at once; gives what each answered. */
function workers(
  count: number,
  job: { buffer: SharedArrayBuffer; kind: string; rounds: number },
): Promise<number[]> {
  return Promise.all(Array.from({ length: count }, () => {
    const url = new URL("./writer.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(event.message));
    };
    worker.postMessage(job);
    return promise.finally(() => worker.terminate());
  }));
}

function store() {
  const store = SharedStore.create();
  const space = store.open("vm");
  return { store, ...sharedServices(space, 1, 1, () => {}) };
}

Deno.test("writers that compare and swap at the same time lose nothing", async () => {
  const { store: tested, data } = store();
  data.set(span("key"), span(new Uint8Array(4)), 0);
  await workers(3, { buffer: tested.buffer, kind: "data", rounds: 3000 });
  assert.notEqual(data.get(span("key")), 0);
  assert.equal(new DataView(data.tray.copy().buffer).getUint32(0), 9000);
  tested.check();
});

Deno.test("two writers of 100 items are 200 items and 200 notices", async () => {
  const { store: tested, queues } = store();
  const id = queues.register(span("key"), 1);
  const buffer = tested.buffer;
  const told = await workers(2, { buffer, kind: "queue", rounds: 100 });
  assert.deepEqual(told, [100, 100]);
  let taken = 0;
  while (queues.take(id) === 0) taken++;
  assert.equal(taken, 200);
  tested.check();
});

Deno.test("what two threads enqueue while two others dequeue is taken once each", async () => {
  const { store: tested, queues } = store();
  const id = queues.register(span("key"), 1);
  const job = { buffer: tested.buffer, rounds: 3000 };
  const takers = workers(2, { ...job, kind: "take", rounds: 0 });
  await workers(2, { ...job, kind: "queue" });
  // One end for each of those who take.
  for (let i = 0; i < 2; i++) queues.enqueue(id, span(""));
  const taken = await takers;
  assert.equal(taken[0]! + taken[1]!, 6000);
  assert.equal(queues.take(id), 7);
  tested.check();
});

Deno.test("counters and histograms that are counted in several threads lose nothing", async () => {
  const { store: tested, metrics } = store();
  const buffer = tested.buffer;
  await workers(3, { buffer, kind: "metrics", rounds: 3000 });
  assert.equal(metrics.get(metrics.define(0, span("key"))), 9000n);
  const histogram = [...metrics.all()].find(({ type }) => type === 2)!;
  assert.equal(histogram.buckets.reduce((a, b) => a + b), 9000n);
});
