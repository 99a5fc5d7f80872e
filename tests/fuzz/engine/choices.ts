/**
 * An input read as decisions, so that a sequence of calls is made of bytes too: it can be mutated, and kept as a seed.
 * Past its end everything is 0, so that a shorter input is a simpler sequence.
 */
import { INTERESTING } from "./mutate.ts";

export class Choices {
  #at = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** Nothing is left to decide. */
  get over(): boolean {
    return this.#at >= this.bytes.length;
  }

  byte(): number {
    return this.bytes[this.#at++] ?? 0;
  }

  /** One of `count`, at most 256. */
  below(count: number): number {
    return this.byte() % count;
  }

  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!;
  }

  u32(): number {
    return (this.byte() | this.byte() << 8 | this.byte() << 16 |
      this.byte() << 24) >>> 0;
  }

  /** A number of 32 bits: mostly a small one, or one at an edge. */
  number(): number {
    switch (this.below(4)) {
      case 0:
        return this.u32();
      case 1:
        return this.of(INTERESTING);
      default:
        return this.byte();
    }
  }

  /** Up to `most` (at most 255) of the bytes that follow. */
  take(most: number): Uint8Array {
    const length = this.below(most + 1);
    const bytes = this.bytes.slice(this.#at, this.#at + length);
    this.#at += length;
    return bytes;
  }

  /** All that is left. */
  rest(): Uint8Array {
    const bytes = this.bytes.slice(this.#at);
    this.#at = this.bytes.length;
    return bytes;
  }
}
