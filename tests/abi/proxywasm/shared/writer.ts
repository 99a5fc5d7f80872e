/** A worker of `workers_test.ts`: one end of a store in a thread of its own. */
import { spanOf } from "../../../../abi/copy.ts";
import {
  type SharedServices,
  sharedServices,
  SharedStore,
} from "../../../../abi/proxywasm/shared/mod.ts";

interface Job {
  buffer: SharedArrayBuffer;
  kind: "data" | "queue" | "take" | "metrics";
  rounds: number;
}

const encoder = new TextEncoder();
const NONE = spanOf(new Uint8Array(0));

/** Takes what comes until an item that is empty; gives how many had bytes. */
function takeAll(queues: SharedServices["queues"], id: number): number {
  for (let taken = 0;;) {
    if (queues.take(id) !== 0) continue;
    if (queues.tray.copy().length === 0) return taken;
    taken++;
  }
}

globalThis.addEventListener("message", (event) => {
  const { buffer, kind, rounds } = (event as MessageEvent<Job>).data;
  const store = SharedStore.at(buffer);
  let told = 0;
  const { data, queues, metrics } = sharedServices(
    store.open("vm"),
    1,
    store.nextInstance(),
    () => told++,
  );
  const key = spanOf(encoder.encode("key"));
  if (kind === "take") {
    told = takeAll(queues, queues.resolve(NONE, key));
  }
  for (let i = 0; i < rounds; i++) {
    if (kind === "data") {
      // What `proxy_set_shared_data` users do: read, add one, write if nobody else did.
      for (let status = 8; status === 8;) {
        const cas = data.get(key);
        const count = new DataView(data.tray.bytes.buffer).getUint32(0) + 1;
        const after = new Uint8Array(4);
        new DataView(after.buffer).setUint32(0, count);
        status = data.set(key, spanOf(after), cas);
      }
      // And the heap is kept busy.
      data.set(
        spanOf(encoder.encode(`${i % 7}`)),
        spanOf(new Uint8Array(i % 300)),
        0,
      );
    } else if (kind === "queue") {
      queues.enqueue(queues.resolve(NONE, key), key);
    } else {
      metrics.increment(metrics.define(0, key), 1n);
      metrics.record(metrics.define(2, key), BigInt(i));
    }
  }
  (self as unknown as Worker).postMessage(told);
});
