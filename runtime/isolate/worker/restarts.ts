/** How fast instances that failed are replaced: a guest that always fails must not cost more than one that works. */

/** Replacements that may follow each other at once, and how many a second gives back. */
const BURST = 20;
const PER_SECOND = 20;
/** Milliseconds to the next try after an instance could not even be started; doubles with each further one. */
const FIRST_PAUSE = 50;
const LONGEST_PAUSE = 10_000;

export class RestartBudget {
  readonly #now: () => number;
  #tokens = BURST;
  #counted: number;
  #refusals = 0;
  #notBefore = 0;

  /** `now` gives milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#counted = now();
  }

  /** Whether an instance may be made now. */
  allowed(): boolean {
    this.#refill();
    return this.#tokens >= 1 && this.#now() >= this.#notBefore;
  }

  /** Milliseconds until the next may be made, at least 1. */
  pause(): number {
    this.#refill();
    const token = this.#tokens >= 1
      ? 0
      : (1 - this.#tokens) * 1000 / PER_SECOND;
    return Math.max(
      1,
      Math.ceil(Math.max(token, this.#notBefore - this.#now())),
    );
  }

  /** An instance failed while it ran. */
  ended(): void {
    this.#refill();
    this.#tokens = Math.max(0, this.#tokens - 1);
  }

  /** An instance came up. */
  started(): void {
    this.#refusals = 0;
  }

  /** An instance could not be started. */
  refused(): void {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#refusals++);
    this.#notBefore = this.#now() + pause;
  }

  #refill(): void {
    const now = this.#now();
    this.#tokens = Math.min(
      BURST,
      this.#tokens + (now - this.#counted) * PER_SECOND / 1000,
    );
    this.#counted = now;
  }
}
