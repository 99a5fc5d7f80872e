/**
 * The one lock of a region, and why it is always given back.
 *
 * It is held for a few copies and pointer changes, never while a guest runs. A holder cannot be stopped half way: ending
 * a worker does not interrupt JavaScript that runs (tried on Deno 2.9.6: a loop goes on for seconds after `terminate`),
 * and V8 running out of memory ends the whole process. What may throw is a buffer that cannot be allocated, which every
 * operation does before it changes anything, and a guest that calls us at the very end of its stack: `held` first makes
 * sure of more stack than any operation takes. That costs 60 ns, so what needs none of it goes without (`heldBriefly`).
 */
import { type Region, Word } from "./region.ts";

const FREE = 0;
const HELD = 1;
/** Held, and somebody may wait. */
const WANTED = 2;

/** Looks at the lock before waiting for it: it is mostly held for less than a microsecond. */
const SPINS = 100;

/** Frames that `held` makes sure of, large ones; the deepest operation takes as many that are smaller. */
const FRAMES = 8;

/** Milliseconds between two tries of who must not wait. */
const PAUSE = 1;

export class Lock {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(region: Region) {
    this.#words = region.words;
  }

  /**
   * Runs `operation` with the lock held; waits for it. Not for the main isolate, which must not wait.
   * @throws {RangeError} the stack is nearly used up; nothing was done.
   */
  held<T>(operation: () => T): T {
    probeStack(FRAMES, 0, 0, 0, 0, 0, 0, 0, 0);
    return this.heldBriefly(operation);
  }

  /**
   * As `held`, for an operation that calls nothing once it has begun to change something: it may end before. Giving the
   * lock back calls functions of the engine alone, which look at no stack.
   * @throws {RangeError} the stack is used up; nothing was done.
   */
  heldBriefly<T>(operation: () => T): T {
    const words = this.#words;
    this.#acquire();
    try {
      return operation();
    } finally {
      if (Atomics.exchange(words, Word.lock, FREE) === WANTED) {
        Atomics.notify(words, Word.lock, 1);
      }
    }
  }

  /** As `held`, without ever blocking: for the main isolate. */
  async heldLater<T>(operation: () => T): Promise<T> {
    while (Atomics.compareExchange(this.#words, Word.lock, FREE, HELD)) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    try {
      return operation();
    } finally {
      this.#release();
    }
  }

  #acquire(): void {
    const words = this.#words;
    for (let i = 0; i < SPINS; i++) {
      if (Atomics.compareExchange(words, Word.lock, FREE, HELD) === FREE) {
        return;
      }
    }
    while (Atomics.exchange(words, Word.lock, WANTED) !== FREE) {
      Atomics.wait(words, Word.lock, WANTED);
    }
  }

  #release(): void {
    if (Atomics.exchange(this.#words, Word.lock, FREE) === WANTED) {
      Atomics.notify(this.#words, Word.lock, 1);
    }
  }
}

/** Uses stack as an operation would, and throws where there is none left. */
function probeStack(
  frames: number,
  a: number,
  b: number,
  c: number,
  d: number,
  e: number,
  f: number,
  g: number,
  h: number,
): number {
  return frames === 0
    ? a + b + c + d + e + f + g + h
    : probeStack(frames - 1, b, c, d, e, f, g, h, a) + a + b + c + d + e;
}
