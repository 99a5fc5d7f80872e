/** Shared queues (ABI.md §4.5): FIFOs of byte strings, by name and by an id from 1 up. */
import { MAX_QUEUE_BYTES, MAX_QUEUES } from "../limits.ts";
import { Status } from "../types.ts";

interface Queue {
  items: Uint8Array[];
  /** Index of the first item that is still waiting. */
  head: number;
  /** Called after each enqueue; never while a guest runs. */
  notify: () => void;
}

export class SharedQueues {
  readonly #ids = new Map<string, number>();
  readonly #queues: Queue[] = [];
  #bytes = 0;

  /**
   * The id of queue `name`, made if there is none, or 0 when there are too many. The last to register is who hears of
   * new items.
   */
  register(name: string, notify: () => void): number {
    const known = this.#ids.get(name);
    if (known !== undefined) {
      this.#queues[known - 1]!.notify = notify;
      return known;
    }
    if (this.#queues.length >= MAX_QUEUES) return 0;
    const id = this.#queues.push({ items: [], head: 0, notify });
    this.#ids.set(name, id);
    return id;
  }

  /** The id of queue `name`, or 0. */
  resolve(name: string): number {
    return this.#ids.get(name) ?? 0;
  }

  /** Appends an item. 1 for an unknown id, 10 when all items together would exceed the limit. */
  enqueue(id: number, item: Uint8Array): Status {
    const queue = this.#queues[id - 1];
    if (queue === undefined) return Status.notFound;
    if (this.#bytes + item.length > MAX_QUEUE_BYTES) {
      return Status.internalFailure;
    }
    this.#bytes += item.length;
    queue.items.push(item);
    queueMicrotask(queue.notify);
    return Status.ok;
  }

  /** The item that has waited longest: a status if there is no such queue (1) or it is empty (7). */
  first(id: number): Uint8Array | Status {
    const queue = this.#queues[id - 1];
    if (queue === undefined) return Status.notFound;
    return queue.items[queue.head] ?? Status.empty;
  }

  /** Takes away what `first` gave: apart, so that an item is not lost when the guest cannot take it. */
  drop(id: number): void {
    const queue = this.#queues[id - 1];
    if (queue === undefined) return;
    const item = queue.items[queue.head];
    if (item === undefined) return;
    this.#bytes -= item.length;
    queue.head++;
    if (queue.head > 64 && queue.head * 2 > queue.items.length) {
      queue.items.splice(0, queue.head);
      queue.head = 0;
    }
  }
}
