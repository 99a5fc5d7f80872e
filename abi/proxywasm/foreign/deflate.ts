/**
 * DEFLATE (RFC 1951) as zlib does it at level 6, down to the choices that the format leaves open: a hash of three bytes,
 * chains of at most 128 earlier places, a match put off by one byte where the next is longer, blocks of 16383 symbols.
 */
import { BlockWriter } from "./block_writer.ts";

const SHORTEST = 3;
const LONGEST = 258;
const WINDOW = 32_768;
/** Bytes looked ahead before the window moves on. */
const AHEAD = LONGEST + SHORTEST + 1;
const FARTHEST = WINDOW - AHEAD;

/** Level 6: when to look less, when not to put off, when to be content, how many places to look at. */
const GOOD = 8;
const LAZY = 16;
const NICE = 128;
const CHAIN = 128;
/** A match of three bytes from farther away than this is not worth it. */
const TOO_FAR = 4096;

/** Compresses `input` as one stream without header. */
export function deflate(input: Uint8Array): Uint8Array {
  return new Deflater(input).run();
}

class Deflater {
  readonly #input: Uint8Array;
  readonly #blocks: BlockWriter;
  /** The last place of each hash, and before each place (by its low bits) the one before; -1 for none. */
  readonly #head = new Int32Array(WINDOW).fill(-1);
  readonly #before = new Int32Array(WINDOW);
  /** Where the window of 64 KiB begins and ends. A match at its very beginning is not found. */
  #base = 0;
  #filled: number;
  #at = 0;
  #matchAt = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
    this.#filled = Math.min(input.length, 2 * WINDOW);
    this.#blocks = new BlockWriter(input);
  }

  run(): Uint8Array {
    const blocks = this.#blocks;
    let length = SHORTEST - 1;
    /** The byte before has not been written yet. */
    let pending = false;
    while (this.#at < this.#input.length) {
      this.#move();
      const candidate = this.#insert(this.#at);
      const lastLength = length;
      const lastMatch = this.#matchAt;
      length = lastLength < LAZY ? this.#match(candidate, lastLength) : 2;
      if (lastLength >= SHORTEST && length <= lastLength) {
        const full = blocks.match(this.#at - 1 - lastMatch, lastLength);
        const end = this.#at - 1 + lastLength;
        while (++this.#at < end) this.#insert(this.#at);
        pending = false;
        length = SHORTEST - 1;
        if (full) blocks.flush(this.#at, this.#base, false);
      } else {
        if (pending && blocks.literal(this.#input[this.#at - 1]!)) {
          blocks.flush(this.#at, this.#base, false);
        }
        pending = true;
        this.#at++;
      }
    }
    if (pending) blocks.literal(this.#input[this.#at - 1]!);
    blocks.flush(this.#at, this.#base, true);
    return blocks.bytes();
  }

  /** Moves the window on where little of it lies ahead. */
  #move(): void {
    if (this.#filled - this.#at >= AHEAD) return;
    if (this.#at - this.#base >= WINDOW + FARTHEST) this.#base += WINDOW;
    this.#filled = Math.min(this.#input.length, this.#base + 2 * WINDOW);
  }

  /** Remembers a place. @returns the last one with its hash, or -1. */
  #insert(at: number): number {
    const input = this.#input;
    if (at + SHORTEST > input.length) return -1;
    const hash = (input[at]! << 10 ^ input[at + 1]! << 5 ^ input[at + 2]!) &
      0x7fff;
    const last = this.#head[hash]!;
    this.#before[at & WINDOW - 1] = last;
    this.#head[hash] = at;
    return last;
  }

  /** The length of the longest match from `candidate` back, if it is over `best` and worth it; else 2 or `best`. */
  #match(candidate: number, best: number): number {
    const input = this.#input;
    const at = this.#at;
    if (candidate <= this.#base) return 2;
    if (at - candidate > FARTHEST) return 2;
    const ahead = input.length - at;
    const longest = Math.min(LONGEST, ahead);
    const nice = Math.min(NICE, ahead);
    const limit = at - this.#base > FARTHEST ? at - FARTHEST : this.#base;
    let chain = best >= GOOD ? CHAIN >> 2 : CHAIN;
    do {
      if (best < longest && input[candidate + best] === input[at + best]) {
        let length = 0;
        while (
          length < longest && input[candidate + length] === input[at + length]
        ) length++;
        if (length > best) {
          this.#matchAt = candidate;
          best = length;
          if (length >= nice) break;
        }
      }
      candidate = this.#before[candidate & WINDOW - 1]!;
    } while (candidate > limit && --chain !== 0);
    best = Math.min(best, ahead);
    return best === SHORTEST && at - this.#matchAt > TOO_FAR ? 2 : best;
  }
}
