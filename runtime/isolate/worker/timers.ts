/** Ticks of one instance, a timer for each of its root contexts. */
import type { PluginInstance } from "../../../abi/mod.ts";

/** What `setTimeout` can wait: milliseconds. A guest may ask for twice as long. */
const LONGEST = 0x7fff_ffff;

interface Timer {
  /** Milliseconds; 0 while there is none. */
  period: number;
  handle: ReturnType<typeof setTimeout> | undefined;
  /** A tick waits to be called, or runs. */
  ticking: boolean;
}

/**
 * As Envoy has it: a timer that is armed again when its tick has returned, so that ticks neither overlap nor pile up.
 * What is set while the instance starts begins to count when it has started.
 */
export class Timers {
  readonly #timers = new Map<number, Timer>();
  #instance: PluginInstance | undefined;
  #stopped = false;

  /** The instance has started. */
  attach(instance: PluginInstance): void {
    this.#instance = instance;
    for (const [root, timer] of this.#timers) this.#arm(root, timer);
  }

  /** The period of a root's ticks in milliseconds, from now on; 0 ends them. */
  set(root: number, period: number): void {
    let timer = this.#timers.get(root);
    if (timer === undefined) {
      timer = { period, handle: undefined, ticking: false };
      this.#timers.set(root, timer);
    }
    timer.period = period;
    clearTimeout(timer.handle);
    this.#arm(root, timer);
  }

  /** No tick comes any more. */
  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers.values()) clearTimeout(timer.handle);
  }

  #arm(root: number, timer: Timer, left = timer.period): void {
    if (
      this.#instance === undefined || this.#stopped || timer.period === 0 ||
      timer.ticking
    ) return;
    timer.handle = setTimeout(
      () =>
        left > LONGEST
          ? this.#arm(root, timer, left - LONGEST)
          : this.#tick(root, timer),
      Math.min(left, LONGEST),
    );
  }

  #tick(root: number, timer: Timer): void {
    const instance = this.#instance!;
    if (instance.failed) return;
    timer.ticking = true;
    instance.tick(root);
    // Dropped, as all that waits, if the instance fails on the way.
    instance.later(() => {
      timer.ticking = false;
      this.#arm(root, timer);
    });
  }
}
