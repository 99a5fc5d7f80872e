/**
 * The one way into a guest. An instance runs one callback at a time: what comes while one runs or is suspended waits
 * here, in order, and so does whatever a host call caused that would enter the guest again (ABI.md §7.19).
 */
import type { GuestTrap } from "../host.ts";
import type { GuestFunction } from "../suspend.ts";
import { guestTrap } from "../trap.ts";
import type { Context } from "./contexts.ts";
import type { Vm } from "./vm.ts";

/** Who has a callback called. */
export interface Asker {
  /** What it answered; a callback without a result answers 0. */
  answered(answer: number): void;
}

/** Nobody waits for the answer. */
export const NOBODY: Asker = { answered() {} };

/** Who depends on an instance. */
export interface FailureWatcher {
  instanceFailed(error: GuestTrap): void;
}

export class CallbackQueue {
  readonly #vm: Vm;
  #running = false;
  #failure: GuestTrap | undefined;
  /** What the callback that runs has asked for: done before anything that waits. */
  #after: (() => void)[] = [];
  /** What is to be done once nothing more is asked for, before anything that waits. */
  #afterwards: (() => void)[] = [];
  #waiting: (() => void)[] = [];
  readonly #watching = new Set<FailureWatcher>();

  constructor(vm: Vm) {
    this.#vm = vm;
  }

  /** A callback runs or is suspended. */
  get running(): boolean {
    return this.#running;
  }

  /** Whether what is to be done can be done at once. */
  get idle(): boolean {
    return !this.#running && this.#failure === undefined;
  }

  /** What ended this instance, if something did. */
  get failure(): GuestTrap | undefined {
    return this.#failure;
  }

  /** `watcher` hears of it, once, if the instance fails; as do those of contexts. */
  watch(watcher: FailureWatcher): void {
    this.#watching.add(watcher);
  }

  unwatch(watcher: FailureWatcher): void {
    this.#watching.delete(watcher);
  }

  /**
   * Calls `fn` on `context`: now, or after what runs. What it answered follows in the same turn where the module does not
   * suspend. Dropped if the instance has failed by then, or if the context was deleted.
   */
  call(
    name: string,
    context: Context,
    fn: GuestFunction,
    a: number,
    b: number,
    c: number,
    asker: Asker,
  ): void {
    if (this.#running) {
      this.#waiting.push(() => this.call(name, context, fn, a, b, c, asker));
      return;
    }
    if (this.#failure !== undefined || !context.alive) return;
    this.#running = true;
    this.#vm.enter(name, context);
    let answer: unknown;
    try {
      answer = fn(a, b, c);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (typeof answer === "object") {
      (answer as Promise<number>).then(
        (value) => {
          this.#ended(value, asker);
          this.#rest();
        },
        (error) => this.fail(error),
      );
    } else this.#ended(answer as number, asker);
  }

  /** Runs `work` once no callback runs: now, or after what runs. */
  later(work: () => void): void {
    if (this.#running) this.#waiting.push(work);
    else if (this.#failure === undefined) work();
  }

  /**
   * For host calls: runs `work` once the callback that makes them has ended, before what waits; so what is asked for now
   * never undoes what a later callback answers. Now, if none runs.
   */
  after(work: () => void): void {
    if (this.#running) this.#after.push(work);
    else if (this.#failure === undefined) work();
  }

  /** For who asked, once it is answered: runs `work` after all that callbacks have asked for, before what waits. */
  afterwards(work: () => void): void {
    this.#afterwards.push(work);
  }

  /** Enters for longer than one callback: nothing else runs until `leave`. @throws {Error} if something runs. */
  begin(): void {
    if (this.#failure !== undefined) {
      throw new Error(
        "the instance has failed and cannot be entered; make a new one",
      );
    }
    if (this.#running) {
      throw new Error("the instance is busy with a callback; take another one");
    }
    this.#running = true;
  }

  /** The end of what `begin` began; what waited runs. */
  leave(): void {
    this.#running = false;
    this.#drain();
    this.#rest();
  }

  /** The guest failed: nothing enters it again. */
  fail(error: unknown): GuestTrap {
    this.#running = false;
    const trap = guestTrap(this.#vm.callback, error);
    if (this.#failure !== undefined) return trap;
    this.#failure = trap;
    this.#after = [];
    this.#afterwards = [];
    this.#waiting = [];
    const watching = [...this.#watching];
    for (const { watcher } of this.#vm.contexts.values()) {
      if (watcher !== undefined) watching.push(watcher);
    }
    this.#watching.clear();
    for (const watcher of watching) watcher.instanceFailed(trap);
    this.#vm.hooks.onFailed?.(trap);
    return trap;
  }

  #ended(answer: number, asker: Asker): void {
    this.#running = false;
    asker.answered(answer);
    this.#drain();
  }

  #rest(): void {
    if (!this.#running) this.#vm.hooks.onRested?.();
  }

  #drain(): void {
    while (!this.#running) {
      const next = first(this.#after) ?? first(this.#afterwards) ??
        first(this.#waiting);
      if (next === undefined) return;
      next();
    }
  }
}

/** Takes the first of a list that is empty nearly always: `shift` is a call for that as well. */
function first<T>(list: T[]): T | undefined {
  return list.length === 0 ? undefined : list.shift();
}
