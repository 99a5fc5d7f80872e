/** Literals and matches into blocks, each in whichever of the three forms is shortest. */
import {
  DISTANCE_BASE,
  DISTANCE_CODES,
  DISTANCE_EXTRA,
  END_OF_BLOCK,
  fixedLiteralLengths,
  LENGTH_BASE,
  LENGTH_EXTRA,
  LITERAL_CODES,
  ORDER,
} from "./codes.ts";
import { BitWriter } from "./bit_writer.ts";
import { codeLengths, codesOf } from "./huffman.ts";

/** Literals and matches of one block. */
const SYMBOLS = 16_383;

/** A part of a description of code lengths: a length or one of the three repetitions, and how often. */
type Run = [symbol: number, extraBits: number, extra: number];

export class BlockWriter {
  readonly #input: Uint8Array;
  readonly #bits = new BitWriter();
  /** Two numbers each: a distance, 0 for a literal; a length or the literal. */
  readonly #symbols = new Uint16Array(2 * SYMBOLS);
  #count = 0;
  /** Where in the input this block begins. */
  #start = 0;
  #literals: number[] = [];
  #distances: number[] = [];

  constructor(input: Uint8Array) {
    this.#input = input;
    this.#clear();
  }

  /** Adds a literal; true if the block is full. */
  literal(byte: number): boolean {
    this.#literals[byte]!++;
    return this.#add(0, byte);
  }

  /** Adds a match; true if the block is full. */
  match(distance: number, length: number): boolean {
    this.#literals[257 + codeOf(LENGTH_BASE, length)]!++;
    this.#distances[codeOf(DISTANCE_BASE, distance)]!++;
    return this.#add(distance, length);
  }

  /** Writes the block, which goes up to `end` of the input. What lies before `base` cannot be stored as it is. */
  flush(end: number, base: number, last: boolean): void {
    const literals = codeLengths(this.#literals, 15);
    const distances = codeLengths(this.#distances, 15);
    const runs = [
      ...runsOf(literals.lengths, literals.last),
      ...runsOf(distances.lengths, distances.last),
    ];
    const runCounts = new Array<number>(19).fill(0);
    for (const [symbol] of runs) runCounts[symbol]!++;
    const { lengths: runLengths } = codeLengths(runCounts, 7);
    let sent = 19;
    while (sent > 4 && runLengths[ORDER[sent - 1]!] === 0) sent--;
    let size = 14 + 3 * sent;
    for (const [symbol, extraBits] of runs) {
      size += runLengths[symbol]! + extraBits;
    }
    const dynamic = bytesFor(
      size + this.#size(literals.lengths, distances.lengths),
    );
    const fixedLiterals = fixedLiteralLengths();
    const fixedDistances = new Uint8Array(DISTANCE_CODES).fill(5);
    const fixed = bytesFor(this.#size(fixedLiterals, fixedDistances));
    const stored = end - this.#start;
    const bits = this.#bits;
    bits.put(last ? 1 : 0, 1);
    if (stored + 4 <= Math.min(dynamic, fixed) && this.#start >= base) {
      bits.put(0, 2);
      bits.stored(this.#input.subarray(this.#start, end));
    } else if (fixed <= dynamic) {
      bits.put(1, 2);
      this.#write(fixedLiterals, fixedDistances);
    } else {
      bits.put(2, 2);
      bits.put(literals.last + 1 - 257, 5);
      bits.put(distances.last, 5);
      bits.put(sent - 4, 4);
      for (let i = 0; i < sent; i++) bits.put(runLengths[ORDER[i]!]!, 3);
      const runCodes = codesOf(runLengths);
      for (const [symbol, extraBits, extra] of runs) {
        bits.put(runCodes[symbol]!, runLengths[symbol]!);
        bits.put(extra, extraBits);
      }
      this.#write(literals.lengths, distances.lengths);
    }
    this.#start = end;
    this.#clear();
  }

  /** All that was written, filled up to a whole byte. */
  bytes(): Uint8Array {
    return this.#bits.bytes();
  }

  #clear(): void {
    this.#count = 0;
    this.#literals = new Array<number>(LITERAL_CODES).fill(0);
    this.#distances = new Array<number>(DISTANCE_CODES).fill(0);
    this.#literals[END_OF_BLOCK] = 1;
  }

  #add(distance: number, value: number): boolean {
    this.#symbols[2 * this.#count] = distance;
    this.#symbols[2 * this.#count + 1] = value;
    return ++this.#count === SYMBOLS;
  }

  /** Bits that the block's symbols take in these codes. */
  #size(literals: Uint8Array, distances: Uint8Array): number {
    let size = 0;
    this.#literals.forEach((count, code) => {
      const extra = code > 256 ? LENGTH_EXTRA[code - 257]! : 0;
      size += count * (literals[code]! + extra);
    });
    this.#distances.forEach((count, code) => {
      size += count * (distances[code]! + DISTANCE_EXTRA[code]!);
    });
    return size;
  }

  #write(literals: Uint8Array, distances: Uint8Array): void {
    const bits = this.#bits;
    const literalCodes = codesOf(literals);
    const distanceCodes = codesOf(distances);
    for (let i = 0; i < this.#count; i++) {
      const distance = this.#symbols[2 * i]!;
      const value = this.#symbols[2 * i + 1]!;
      if (distance === 0) {
        bits.put(literalCodes[value]!, literals[value]!);
        continue;
      }
      const length = codeOf(LENGTH_BASE, value);
      bits.put(literalCodes[257 + length]!, literals[257 + length]!);
      bits.put(value - LENGTH_BASE[length]!, LENGTH_EXTRA[length]!);
      const code = codeOf(DISTANCE_BASE, distance);
      bits.put(distanceCodes[code]!, distances[code]!);
      bits.put(distance - DISTANCE_BASE[code]!, DISTANCE_EXTRA[code]!);
    }
    bits.put(literalCodes[END_OF_BLOCK]!, literals[END_OF_BLOCK]!);
  }
}

/** Bytes of a block of so many bits, its three bits of header included. */
function bytesFor(bits: number): number {
  return bits + 3 + 7 >> 3;
}

/** The last of ascending `bases` that is not over `value`. */
function codeOf(bases: readonly number[], value: number): number {
  let low = 0;
  let high = bases.length - 1;
  while (low < high) {
    const middle = low + high + 1 >> 1;
    if (bases[middle]! <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Code lengths up to the last one in use, with runs of equal ones put together. */
function runsOf(lengths: Uint8Array, last: number): Run[] {
  const runs: Run[] = [];
  for (let i = 0; i <= last;) {
    const length = lengths[i]!;
    let end = i + 1;
    while (end <= last && lengths[end] === length) end++;
    let count = end - i;
    i = end;
    if (length !== 0) {
      runs.push([length, 0, 0]);
      count--;
    }
    while (count >= 3) {
      const most = length === 0 ? 138 : 6;
      const now = Math.min(count, most);
      if (length !== 0) runs.push([16, 2, now - 3]);
      else if (now <= 10) runs.push([17, 3, now - 3]);
      else runs.push([18, 7, now - 11]);
      count -= now;
    }
    while (count-- > 0) runs.push([length, 0, 0]);
  }
  return runs;
}
