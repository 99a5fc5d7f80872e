/** The instances of one function in this isolate. Whatever is busy is suspended: nothing else runs meanwhile. */
import type { PluginInstance } from "../../../abi/mod.ts";
import type { InstanceHost } from "./guest_host.ts";

export interface Slot {
  instance: PluginInstance;
  host: InstanceHost;
  memory: WebAssembly.Memory | undefined;
}

/** Milliseconds to the next try after one instance could not be made; doubles with each further failure. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 10_000;

export class InstancePool {
  readonly #create: () => Promise<Slot>;
  readonly #idle: Slot[] = [];
  readonly #all = new Set<Slot>();
  readonly #waiting: ((slot: Slot | undefined) => void)[] = [];
  #max: number;
  #creating = 0;
  #failures = 0;
  #notBefore = 0;
  #closed = false;

  constructor(create: () => Promise<Slot>, max: number) {
    this.#create = create;
    this.#max = max;
  }

  get size(): number {
    return this.#all.size;
  }

  get suspended(): number {
    return this.#all.size - this.#idle.length;
  }

  /** Linear memory of all instances: bytes. */
  get memory(): number {
    let bytes = 0;
    for (const { memory } of this.#all) bytes += memory?.buffer.byteLength ?? 0;
    return bytes;
  }

  /** Makes `count` instances; the first failure is the caller's to report. */
  async fill(count: number): Promise<void> {
    while (this.#all.size < count) {
      const slot = await this.#create();
      this.#all.add(slot);
      this.#give(slot);
    }
  }

  /** Another number of instances: grows now, shrinks as instances become idle. */
  async resize(count: number): Promise<void> {
    this.#max = count;
    while (this.#all.size > count && this.#idle.length > 0) {
      this.#all.delete(this.#idle.pop()!);
    }
    await this.fill(count);
  }

  /** An idle instance, if there is one. */
  take(): Slot | undefined {
    return this.#idle.pop();
  }

  /**
   * The next instance to become idle, or a new one while there may be more.
   * @returns undefined when none can be had within `milliseconds`, or none can be made.
   */
  wait(milliseconds: number): Promise<Slot | undefined> {
    if (
      this.#all.size === 0 && this.#creating === 0 &&
      performance.now() < this.#notBefore
    ) {
      return Promise.resolve(undefined);
    }
    const { promise, resolve } = Promise.withResolvers<Slot | undefined>();
    const timer = setTimeout(() => {
      const at = this.#waiting.indexOf(done);
      if (at >= 0) this.#waiting.splice(at, 1);
      resolve(undefined);
    }, milliseconds);
    const done = (slot: Slot | undefined) => {
      clearTimeout(timer);
      resolve(slot);
    };
    this.#waiting.push(done);
    this.#grow();
    return promise;
  }

  /** Takes an instance back; one that failed is never used again. */
  give(slot: Slot): void {
    if (slot.instance.failed || this.#closed || this.#all.size > this.#max) {
      this.#all.delete(slot);
      this.#grow();
    } else {
      this.#give(slot);
    }
  }

  close(): void {
    this.#closed = true;
    this.#all.clear();
    this.#idle.length = 0;
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }

  #give(slot: Slot): void {
    const next = this.#waiting.shift();
    if (next) next(slot);
    else this.#idle.push(slot);
  }

  /** One more instance for each that waits, within the bound, and not faster than failures allow. */
  async #grow(): Promise<void> {
    if (this.#closed || this.#waiting.length <= this.#creating) return;
    if (
      this.#all.size + this.#creating >= this.#max ||
      performance.now() < this.#notBefore
    ) return;
    this.#creating++;
    try {
      const slot = await this.#create();
      this.#failures = 0;
      if (this.#closed) return;
      this.#all.add(slot);
      this.#give(slot);
    } catch {
      // Said in the log by whoever creates. Those who wait have nothing to wait for if no instance is left.
      const pause = Math.min(
        LONGEST_PAUSE,
        FIRST_PAUSE * 2 ** this.#failures++,
      );
      this.#notBefore = performance.now() + pause;
      if (this.#all.size === 0) {
        for (const resolve of this.#waiting.splice(0)) {
          resolve(undefined);
        }
      }
    } finally {
      this.#creating--;
    }
  }
}
