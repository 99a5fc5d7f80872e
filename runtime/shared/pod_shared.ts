/** What the functions of one pod share (shared data, queues, metrics), from the main isolate's side. */
import { type Metric, SharedStore } from "../../abi/proxywasm/shared/mod.ts";
import type { HostFunction } from "../function/function.ts";
import type { QueueNotice } from "../isolate/messages.ts";

export class PodShared {
  readonly #store = SharedStore.create();
  /** The pod's, by number. */
  readonly #functions: ReadonlyMap<number, HostFunction>;

  constructor(functions: ReadonlyMap<number, HostFunction>) {
    this.#functions = functions;
  }

  /** What isolates are given of the store. */
  get buffer(): SharedArrayBuffer {
    return this.#store.buffer;
  }

  /** All metrics of guests, by VM id. */
  metrics(): Iterable<[vmId: Uint8Array, Iterable<Metric>]> {
    return this.#store.metrics();
  }

  /** What functions of one VM id share goes with the last of them: `gone` is no longer among the pod's. */
  async forget({ spec: { kind, plugin } }: HostFunction): Promise<void> {
    if (kind !== "plugin") return;
    for (const { spec } of this.#functions.values()) {
      if (spec.kind === "plugin" && spec.plugin.vmId === plugin.vmId) return;
    }
    await this.#store.remove(plugin.vmId);
  }

  /** Passes a notice of a queue's items on to where the instance lives that registered it. */
  queued(notice: QueueNotice): void {
    const owner = this.#functions.get(notice.fn);
    // A VM of several functions outlives the one that its instances are named after.
    const functions = owner ? [owner] : [...this.#functions.values()];
    for (const isolate of new Set(functions.map((fn) => fn.isolate))) {
      isolate.queueReady(notice);
    }
  }
}
