/**
 * Notices of items in shared queues: from the instance that put one there to the instance that registered the queue,
 * through the main isolate, which knows where that one lives.
 */
import type { PluginInstance, Registrant } from "../../../abi/mod.ts";
import type { QueueNotice } from "../messages.ts";
import { send } from "./port.ts";

/**
 * Notices of one queue that may be under way or wait; more are not sent. A guest that loops puts no limit to them, and
 * one that has so many to hear of will look into its queue anyway.
 */
const MOST = 65_536;

/** Calls in one turn, so that requests get theirs. */
const TURN = 256;

const outgoing = new Map<number, QueueNotice>();

/** Takes note of one item; what a callback puts into one queue is one message. */
export function announce(registrant: Registrant, queue: number): void {
  const { owner, instance, root } = registrant;
  const notice = outgoing.get(queue);
  if (notice?.instance === instance && notice.root === root) {
    notice.count = Math.min(notice.count + 1, MOST);
    return;
  }
  // Somebody else registered in the meantime.
  if (notice !== undefined) send(notice);
  else if (outgoing.size === 0) queueMicrotask(flush);
  outgoing.set(queue, {
    t: "queued",
    fn: owner,
    instance,
    root,
    queue,
    count: 1,
  });
}

function flush(): void {
  for (const notice of outgoing.values()) send(notice);
  outgoing.clear();
}

/** What waits to be told to one instance. */
export class Notices {
  readonly #waiting = new Map<number, { root: number; count: number }>();
  #instance: PluginInstance | undefined;
  #scheduled = false;

  /** The instance has started. */
  attach(instance: PluginInstance): void {
    this.#instance = instance;
    this.#schedule();
  }

  take({ root, queue, count }: QueueNotice): void {
    const known = this.#waiting.get(queue);
    if (known === undefined) this.#waiting.set(queue, { root, count });
    else {
      known.root = root;
      known.count = Math.min(known.count + count, MOST);
    }
    this.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.size === 0) return;
    const instance = this.#instance;
    if (instance === undefined || instance.failed) return;
    this.#scheduled = true;
    instance.later(() => {
      this.#scheduled = false;
      this.#tell(instance);
    });
  }

  /** As many calls as a turn allows, while none of them is suspended. */
  #tell(instance: PluginInstance): void {
    for (let calls = 0; this.#waiting.size > 0; calls++) {
      if (instance.failed) return;
      if (instance.busy) return this.#schedule();
      if (calls === TURN) {
        setTimeout(() => this.#schedule(), 0);
        return;
      }
      const [queue, waiting] = this.#waiting.entries().next().value!;
      if (--waiting.count === 0) this.#waiting.delete(queue);
      instance.queueReady(queue, waiting.root);
    }
  }
}
