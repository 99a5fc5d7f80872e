/**
 * Notices an isolate whose guest never returns. A worker cannot be stopped in a wasm loop (DESIGN, decision 4), so all
 * that is left is to say so and end the process; whoever started it starts another.
 */
import type { HostFunction } from "../function/function.ts";
import type { Pod } from "./pod.ts";

/** What a guest gets beyond its request timeout: milliseconds. */
const GRACE = 5000;

export class Watchdog {
  readonly #pod: Pod;
  readonly #silent: (fn: HostFunction, milliseconds: number) => void;
  readonly #asked = new Map<HostFunction, number>();

  /** `silent` is called once per look for each plugin whose isolate answers no ping for longer than it may. */
  constructor(
    pod: Pod,
    silent: (fn: HostFunction, milliseconds: number) => void,
  ) {
    this.#pod = pod;
    this.#silent = silent;
  }

  /** To be called every few seconds, by whoever has a timer for it. */
  look(): void {
    for (const fn of this.#pod.functions) {
      // A command has no limit unless one is set.
      if (fn.spec.kind === "command" || fn.state !== "running") continue;
      const since = this.#asked.get(fn);
      if (since === undefined) this.#ask(fn);
      else if (performance.now() - since > fn.spec.requestTimeout + GRACE) {
        this.#silent(fn, Math.round(performance.now() - since));
      }
    }
  }

  #ask(fn: HostFunction): void {
    this.#asked.set(fn, performance.now());
    fn.isolate.ping().then(
      () => this.#asked.delete(fn),
      () => this.#asked.delete(fn),
    );
  }
}
