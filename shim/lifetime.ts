/** When a daemon ends: told to, or when nobody needs it (SHIM.md §9, traps 4 and 16). */
import { after } from "../proto/after.ts";

/** How long a daemon waits for what, in milliseconds. */
export interface Patience {
  /** For its first container. */
  first: number;
  /** For the container of a `start` that found it. */
  knock: number;
  /** For another container after the last one went. */
  empty: number;
}

const PATIENCE: Patience = { first: 60_000, knock: 10_000, empty: 5_000 };

/** What a lifetime must know and do. */
export interface LifetimeOptions {
  /** Whether no container is there or being made. */
  empty(): boolean;
  /** Ends the daemon, with `force` also under its containers. */
  end(force: boolean): void;
}

export class Lifetime {
  readonly #options: LifetimeOptions;
  readonly #patience: Patience;
  #cancel = () => {};
  #expected = 0;

  constructor(options: LifetimeOptions, patience: Patience = PATIENCE) {
    this.#options = options;
    this.#patience = patience;
    this.#wait(patience.first);
  }

  /** Containers came or went. */
  changed(): void {
    this.#cancel();
    if (!this.#options.empty()) this.#expected = 0;
    else {
      this.#wait(Math.max(this.#patience.empty, this.#expected - Date.now()));
    }
  }

  /** A `start` printed our address: its container follows. */
  knocked(): void {
    this.#expected = Date.now() + this.#patience.knock;
    this.changed();
  }

  /** Shutdown was called: with nothing left and nobody expected the daemon ends, with `now` in any case. */
  asked(now: boolean): void {
    if (!now && (!this.#options.empty() || this.expecting)) return;
    this.#cancel();
    this.#options.end(now);
  }

  /** Whether a container is about to come. */
  get expecting(): boolean {
    return this.#expected > Date.now();
  }

  #wait(ms: number): void {
    this.#cancel();
    this.#cancel = after(ms, () => {
      if (this.#options.empty()) this.#options.end(false);
    });
  }
}
