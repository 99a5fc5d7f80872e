/**
 * DEFLATE backwards (RFC 1951), for bytes that a guest hands over: every size is checked before it is used, and the
 * output has a bound. Codes are decoded by length, one bit at a time: slower than tables, but without tables to build.
 */
import {
  DISTANCE_BASE,
  DISTANCE_EXTRA,
  END_OF_BLOCK,
  fixedLiteralLengths,
  LENGTH_BASE,
  LENGTH_EXTRA,
  ORDER,
} from "./codes.ts";

/** The bytes are no DEFLATE stream, or not a whole one. */
export class InflateError extends Error {
  override name = "InflateError";
}

/** The output would be over the bound. */
export class InflateBoundError extends Error {
  override name = "InflateBoundError";
}

/** What comes out of one stream, and where in the input it ended. */
export interface Inflated {
  bytes: Uint8Array;
  end: number;
}

/**
 * Inflates the stream that begins at `start`.
 * @throws {InflateError | InflateBoundError}
 */
export function inflate(
  input: Uint8Array,
  start: number,
  bound: number,
): Inflated {
  const stream = new Inflater(input, start, bound);
  while (!stream.block());
  return stream.result();
}

/** A canonical code: how many symbols there are of each length, and the symbols in order. */
interface Code {
  counts: Uint16Array;
  symbols: Uint16Array;
}

const LONGEST = 15;

let fixed: { literals: Code; distances: Code } | undefined;

class Inflater {
  readonly #input: Uint8Array;
  readonly #bound: number;
  #at: number;
  #bits = 0;
  #bitCount = 0;
  #output: Uint8Array;
  #size = 0;

  constructor(input: Uint8Array, at: number, bound: number) {
    this.#input = input;
    this.#at = at;
    this.#bound = bound;
    this.#output = new Uint8Array(Math.min(bound, 1024 + 4 * input.length));
  }

  /** One block; true if it was the last. */
  block(): boolean {
    const last = this.#take(1) === 1;
    const type = this.#take(2);
    if (type === 0) this.#stored();
    else if (type === 1) {
      fixed ??= {
        literals: codeOf(fixedLiteralLengths(), false),
        distances: codeOf(new Uint8Array(30).fill(5), true),
      };
      this.#coded(fixed.literals, fixed.distances);
    } else if (type === 2) this.#dynamic();
    else throw new InflateError("a block of no type that there is");
    return last;
  }

  result(): Inflated {
    return { bytes: this.#output.slice(0, this.#size), end: this.#at };
  }

  #take(count: number): number {
    while (this.#bitCount < count) {
      if (this.#at >= this.#input.length) {
        throw new InflateError("the stream ends early");
      }
      this.#bits |= this.#input[this.#at++]! << this.#bitCount;
      this.#bitCount += 8;
    }
    const value = this.#bits & (1 << count) - 1;
    this.#bits >>>= count;
    this.#bitCount -= count;
    return value;
  }

  #symbol({ counts, symbols }: Code): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= LONGEST; length++) {
      code |= this.#take(1);
      const count = counts[length]!;
      if (code - first < count) return symbols[index + code - first]!;
      index += count;
      first = first + count << 1;
      code <<= 1;
    }
    throw new InflateError("a code that stands for nothing");
  }

  #stored(): void {
    // At most seven bits are left over: a byte that was begun.
    this.#bits = this.#bitCount = 0;
    const size = this.#take(16);
    if (this.#take(16) !== (~size & 0xffff)) {
      throw new InflateError("a stored block whose sizes do not agree");
    }
    if (this.#at + size > this.#input.length) {
      throw new InflateError("the stream ends early");
    }
    this.#room(size);
    this.#output.set(
      this.#input.subarray(this.#at, this.#at + size),
      this.#size,
    );
    this.#at += size;
    this.#size += size;
  }

  #dynamic(): void {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const sent = this.#take(4) + 4;
    if (literals > 286 || distances > 30) {
      throw new InflateError("too many codes");
    }
    const lengths = new Uint8Array(19);
    for (let i = 0; i < sent; i++) lengths[ORDER[i]!] = this.#take(3);
    const all = this.#lengths(codeOf(lengths, false), literals + distances);
    if (all[END_OF_BLOCK] === 0) {
      throw new InflateError("a block that could not end");
    }
    this.#coded(
      codeOf(all.subarray(0, literals), true),
      codeOf(all.subarray(literals), true),
    );
  }

  /** Code lengths, of which runs are sent as one. */
  #lengths(code: Code, count: number): Uint8Array {
    const lengths = new Uint8Array(count);
    for (let i = 0; i < count;) {
      const symbol = this.#symbol(code);
      if (symbol < 16) {
        lengths[i++] = symbol;
        continue;
      }
      if (symbol === 16 && i === 0) {
        throw new InflateError("a length repeated before the first");
      }
      const length = symbol === 16 ? lengths[i - 1]! : 0;
      const times = symbol === 16
        ? 3 + this.#take(2)
        : symbol === 17
        ? 3 + this.#take(3)
        : 11 + this.#take(7);
      if (i + times > count) throw new InflateError("too many lengths");
      lengths.fill(length, i, i += times);
    }
    return lengths;
  }

  #coded(literals: Code, distances: Code): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol === END_OF_BLOCK) return;
      if (symbol < END_OF_BLOCK) {
        this.#room(1);
        this.#output[this.#size++] = symbol;
        continue;
      }
      const which = symbol - 257;
      if (which >= LENGTH_BASE.length) {
        throw new InflateError("a length that there is not");
      }
      const length = LENGTH_BASE[which]! + this.#take(LENGTH_EXTRA[which]!);
      const code = this.#symbol(distances);
      const distance = DISTANCE_BASE[code]! + this.#take(DISTANCE_EXTRA[code]!);
      if (distance > this.#size) {
        throw new InflateError("a distance to before the beginning");
      }
      this.#room(length);
      const output = this.#output;
      for (let i = 0; i < length; i++, this.#size++) {
        output[this.#size] = output[this.#size - distance]!;
      }
    }
  }

  #room(more: number): void {
    const size = this.#size + more;
    if (size <= this.#output.length) return;
    if (size > this.#bound) {
      throw new InflateBoundError(`more than ${this.#bound} bytes come out`);
    }
    const larger = new Uint8Array(
      Math.min(this.#bound, Math.max(size, 2 * this.#output.length)),
    );
    larger.set(this.#output);
    this.#output = larger;
  }
}

/**
 * The code that these lengths make.
 * @param few whether it may leave codes unused: one symbol alone, or none, has a code of one bit.
 */
function codeOf(lengths: Uint8Array, few: boolean): Code {
  const counts = new Uint16Array(LONGEST + 1);
  for (const length of lengths) counts[length]!++;
  const used = lengths.length - counts[0]!;
  counts[0] = 0;
  let left = 1;
  for (let length = 1; length <= LONGEST; length++) {
    left = 2 * left - counts[length]!;
    if (left < 0) throw new InflateError("more codes than there can be");
  }
  const alone = few && (used === 0 || used === 1 && counts[1] === 1);
  const isFixedDistances = lengths.length === 30 && counts[5] === 30;
  if (left > 0 && !alone && !isFixedDistances) {
    throw new InflateError("codes are missing");
  }
  const offsets = new Uint16Array(LONGEST + 2);
  for (let length = 1; length <= LONGEST; length++) {
    offsets[length + 1] = offsets[length]! + counts[length]!;
  }
  const symbols = new Uint16Array(used);
  lengths.forEach((length, symbol) => {
    if (length !== 0) symbols[offsets[length]!++] = symbol;
  });
  return { counts, symbols };
}
