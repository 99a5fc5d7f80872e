/** What comes to an instance without a request: ticks, and notices of its queues. */
import type { PluginInstance } from "../../../abi/mod.ts";
import type { QueueNotice } from "../messages.ts";
import { Notices } from "./notices.ts";
import { Timers } from "./timers.ts";

/** Those of this isolate, by the number of their instance. */
const attendants = new Map<number, Attendant>();

export class Attendant {
  readonly timers = new Timers();
  readonly notices = new Notices();
  readonly #number: number;

  /** `number` is the instance's in its pod's shared store. Made before the instance, which may register queues. */
  constructor(number: number) {
    this.#number = number;
    attendants.set(number, this);
  }

  /** The instance has started. */
  attach(instance: PluginInstance): void {
    this.timers.attach(instance);
    this.notices.attach(instance);
  }

  /** The instance is gone, or never came to be. */
  leave(): void {
    this.timers.stop();
    attendants.delete(this.#number);
  }
}

/** Tells an instance of new items, if it lives here still. */
export function queueReady(notice: QueueNotice): void {
  attendants.get(notice.instance)?.notices.take(notice);
}
