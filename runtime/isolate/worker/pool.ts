/** The instances of one function in this isolate. One that is busy is suspended in a host call: others take the next. */
import type { PluginInstance, RootContext } from "../../../abi/mod.ts";
import { sleep } from "../../../proto/after.ts";
import type { LocalFunction } from "./function.ts";
import { RestartBudget } from "./restarts.ts";

export interface Slot {
  instance: PluginInstance;
  memory: WebAssembly.Memory | undefined;
  /** The functions that run in it. */
  roots: Map<LocalFunction, RootContext>;
  /** The pool lets go of it: what it still answers goes on, then its plugins end. Resolves when they have. */
  retire(): Promise<void>;
}

export class InstancePool {
  readonly #create: () => Promise<Slot>;
  readonly #slots: Slot[] = [];
  readonly #waiting: ((slot: Slot | undefined) => void)[] = [];
  readonly #restarts = new RestartBudget();
  /** How many stand ready. */
  #ready = 0;
  #max: number;
  #creating = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** `create` makes an instance that tells this pool of its end (`failed`) and of its rest (`rested`). */
  constructor(create: () => Promise<Slot>, max: number) {
    this.#create = create;
    this.#max = max;
  }

  get size(): number {
    return this.#slots.length;
  }

  get closed(): boolean {
    return this.#closed;
  }

  get slots(): readonly Slot[] {
    return this.#slots;
  }

  get suspended(): number {
    return this.#slots.filter(({ instance }) => instance.busy).length;
  }

  /** Linear memory of all instances: bytes. */
  get memory(): number {
    let bytes = 0;
    for (const { memory } of this.#slots) {
      bytes += memory?.buffer.byteLength ?? 0;
    }
    return bytes;
  }

  /** Makes `count` instances; the first failure is the caller's to report. */
  async fill(count: number): Promise<void> {
    this.#ready = count;
    while (this.#slots.length < count) this.#slots.push(await this.#create());
  }

  /** Another number of instances: grows now; those too many answer what they have begun. */
  async resize(count: number): Promise<void> {
    this.#max = count;
    this.#ready = count;
    for (const slot of this.#slots.splice(count)) slot.retire();
    // Another number, or the end, may be asked for while many are made, and requests want their turn.
    while (!this.#closed && this.#slots.length < this.#ready) {
      const slot = await this.#create();
      if (this.#closed || this.#slots.length >= this.#ready) {
        return void slot.retire();
      }
      this.#slots.push(slot);
      this.rested(slot);
      if (this.#slots.length < this.#ready) await sleep(0);
    }
  }

  /** An instance that can be entered now, if there is one. */
  take(): Slot | undefined {
    for (const slot of this.#slots) {
      if (!slot.instance.busy) return slot;
    }
    return undefined;
  }

  /**
   * The next instance to come to rest, or a new one while there may be more.
   * @returns undefined when none can be had within `milliseconds`, or none can be made.
   */
  wait(milliseconds: number): Promise<Slot | undefined> {
    if (this.#closed || (this.#none && !this.#restarts.allowed())) {
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
    if (this.#waiting.length > this.#creating) this.#grow();
    return promise;
  }

  /** An instance can be entered again after it was suspended. */
  rested(slot: Slot): void {
    if (this.#closed || !this.#slots.includes(slot)) return;
    this.#waiting.shift()?.(slot);
  }

  /** An instance failed: never used again, and replaced as fast as failures allow. */
  failed(slot: Slot): void {
    const at = this.#slots.indexOf(slot);
    if (at < 0) return;
    this.#slots.splice(at, 1);
    slot.retire();
    this.#restarts.ended();
    this.#replace();
  }

  /** Lets go of all. Resolves when their plugins have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    const ended = this.#slots.splice(0).map((slot) => slot.retire());
    this.#nobody();
    await Promise.all(ended);
  }

  get #none(): boolean {
    return this.#slots.length === 0 && this.#creating === 0;
  }

  /** Brings back what should stand ready. */
  #replace(): void {
    if (this.#closed || this.#slots.length + this.#creating >= this.#ready) {
      return;
    }
    if (this.#restarts.allowed()) {
      this.#grow();
      return;
    }
    // Nobody waits for what is not being made.
    if (this.#none) this.#nobody();
    this.#retry ??= setTimeout(() => {
      this.#retry = undefined;
      this.#replace();
    }, this.#restarts.pause());
  }

  /** One more instance, within the bound. */
  async #grow(): Promise<void> {
    if (this.#closed || this.#slots.length + this.#creating >= this.#max) {
      return;
    }
    this.#creating++;
    try {
      const slot = await this.#create();
      this.#creating--;
      this.#restarts.started();
      // By now there may be as many, or fewer may be wanted.
      if (this.#closed || this.#slots.length >= this.#max) {
        return void slot.retire();
      }
      this.#slots.push(slot);
      this.rested(slot);
    } catch {
      // Said in the log by whoever creates.
      this.#creating--;
      this.#restarts.refused();
      if (this.#none) this.#nobody();
    }
    this.#replace();
  }

  #nobody(): void {
    for (const resolve of this.#waiting.splice(0)) resolve(undefined);
  }
}
