/** When a daemon ends: told to, or when nobody needs it (SHIM.md §9, traps 4 and 16). */

/** How long a daemon waits for its first container, or for the next after somebody knocked: milliseconds. */
export const FIRST_MS = 60_000;
const KNOCK_MS = 10_000;
/** How long a daemon without a container stays: milliseconds. */
const EMPTY_MS = 5_000;

/** What a lifetime must know and do. */
export interface LifetimeOptions {
  /** Whether no container is there or being made. */
  empty(): boolean;
  /** Ends the daemon, with `force` also under its containers. */
  end(force: boolean): void;
}

export class Lifetime {
  readonly #options: LifetimeOptions;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #expected = 0;

  constructor(options: LifetimeOptions) {
    this.#options = options;
    this.#wait(FIRST_MS);
  }

  /** Containers came or went. */
  changed(): void {
    clearTimeout(this.#timer);
    if (!this.#options.empty()) this.#expected = 0;
    else this.#wait(Math.max(EMPTY_MS, this.#expected - Date.now()));
  }

  /** A `start` printed our address: its container follows. */
  knocked(): void {
    this.#expected = Date.now() + KNOCK_MS;
    this.changed();
  }

  /** Shutdown was called: with nothing left and nobody expected the daemon ends, with `now` in any case. */
  asked(now: boolean): void {
    if (!now && (!this.#options.empty() || this.expecting)) return;
    clearTimeout(this.#timer);
    this.#options.end(now);
  }

  /** Whether a container is about to come. */
  get expecting(): boolean {
    return this.#expected > Date.now();
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      if (this.#options.empty()) this.#options.end(false);
    }, ms);
  }
}
