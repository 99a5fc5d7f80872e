/**
 * Blocks of any size out of a region, given back in any order. All calls are made under the lock.
 *
 * A block begins with two words, its size (header included, a multiple of 8; bit 0: in use) and the size of the block
 * before it, so that a block that is freed joins its free neighbours. Free blocks are in doubly linked lists by power of
 * two. The last block is always in use: one that is freed there lowers the top.
 */
import { HEAP_AT, type Region, Word } from "./region.ts";

const HEADER = 8;
const LEAST = 16;
const USED = 1;
/** Blocks looked at in the bin of the wanted size, whose blocks may be too small, before larger ones are cut. */
const TRIES = 16;

export class Heap {
  readonly #end: number;
  readonly #words: Int32Array;

  constructor(region: Region) {
    this.#end = region.buffer.byteLength;
    this.#words = region.words;
  }

  /** The address of `bytes` bytes, a multiple of 8, not zeroed; 0 if there are none. */
  allocate(bytes: number): number {
    const size = Math.max(LEAST, bytes + HEADER + 7 & ~7);
    const block = this.#find(size, TRIES);
    if (block !== 0) return this.#cut(block, size);
    const words = this.#words;
    const top = words[Word.heapTop]!;
    if (top + size > this.#end) {
      const last = this.#find(size, Infinity);
      return last === 0 ? 0 : this.#cut(last, size);
    }
    words[top >> 2] = size | USED;
    words[(top >> 2) + 1] = words[Word.heapLast]!;
    words[Word.heapTop] = top + size;
    words[Word.heapLast] = size;
    return top + HEADER;
  }

  /** Takes back what `allocate` gave. */
  free(address: number): void {
    const words = this.#words;
    let block = address - HEADER;
    let size = words[block >> 2]! & ~USED;
    const top = words[Word.heapTop]!;
    const next = block + size;
    if (next < top && (words[next >> 2]! & USED) === 0) {
      this.#unlink(next);
      size += words[next >> 2]!;
    }
    const before = words[(block >> 2) + 1]!;
    if (before !== 0 && (words[block - before >> 2]! & USED) === 0) {
      block -= before;
      this.#unlink(block);
      size += before;
    }
    if (block + size === top) {
      words[Word.heapTop] = block;
      words[Word.heapLast] = words[(block >> 2) + 1]!;
      return;
    }
    words[(block + size >> 2) + 1] = size;
    this.#link(block, size);
  }

  /** Bytes that a block takes beyond what was asked for: what limits must count. */
  static get overhead(): number {
    return HEADER;
  }

  /** Walks all blocks. @throws {Error} where they contradict each other. @returns the bytes in use. */
  check(): number {
    const words = this.#words;
    let used = 0;
    let before = 0;
    let free = false;
    let freeBlocks = 0;
    for (let at = HEAP_AT; at < words[Word.heapTop]!;) {
      const size = words[at >> 2]! & ~USED;
      const isFree = (words[at >> 2]! & USED) === 0;
      const bad = size < LEAST || size % 8 !== 0 || free && isFree ||
        words[(at >> 2) + 1] !== before;
      if (bad) throw new Error(`heap: a bad block of ${size} bytes at ${at}`);
      if (isFree) freeBlocks++;
      else used += size;
      free = isFree;
      before = size;
      at += size;
    }
    if (free) throw new Error("heap: the last block is free");
    for (let bin = 0; bin < 32; bin++) {
      for (let at = words[Word.heapBin + bin]!; at !== 0;) {
        if (31 - Math.clz32(words[at >> 2]!) !== bin) {
          throw new Error(`heap: block at ${at} is in bin ${bin}`);
        }
        freeBlocks--;
        at = words[(at >> 2) + 2]!;
      }
    }
    if (freeBlocks !== 0) throw new Error(`heap: ${freeBlocks} blocks astray`);
    return used;
  }

  /** A free block of at least `size` bytes, or 0. */
  #find(size: number, tries: number): number {
    const words = this.#words;
    const bin = 31 - Math.clz32(size);
    let block = words[Word.heapBin + bin]!;
    for (let i = 0; block !== 0 && i < tries; i++) {
      if (words[block >> 2]! >= size) return block;
      block = words[(block >> 2) + 2]!;
    }
    const larger = words[Word.heapBins]! & ~((2 << bin) - 1);
    if (larger === 0) return 0;
    return words[Word.heapBin + 31 - Math.clz32(larger & -larger)]!;
  }

  /** Takes `size` bytes off a free block; what remains stays free if it can be a block. */
  #cut(block: number, size: number): number {
    const words = this.#words;
    this.#unlink(block);
    const whole = words[block >> 2]!;
    const rest = whole - size;
    if (rest < LEAST) {
      words[block >> 2] = whole | USED;
      return block + HEADER;
    }
    words[block >> 2] = size | USED;
    const other = block + size;
    words[(other >> 2) + 1] = size;
    words[(block + whole >> 2) + 1] = rest;
    this.#link(other, rest);
    return block + HEADER;
  }

  #link(block: number, size: number): void {
    const words = this.#words;
    const bin = 31 - Math.clz32(size);
    const first = words[Word.heapBin + bin]!;
    words[block >> 2] = size;
    words[(block >> 2) + 2] = first;
    words[(block >> 2) + 3] = 0;
    if (first !== 0) words[(first >> 2) + 3] = block;
    words[Word.heapBin + bin] = block;
    words[Word.heapBins]! |= 1 << bin;
  }

  #unlink(block: number): void {
    const words = this.#words;
    const bin = 31 - Math.clz32(words[block >> 2]!);
    const next = words[(block >> 2) + 2]!;
    const before = words[(block >> 2) + 3]!;
    if (next !== 0) words[(next >> 2) + 3] = before;
    if (before !== 0) words[(before >> 2) + 2] = next;
    else {
      words[Word.heapBin + bin] = next;
      if (next === 0) words[Word.heapBins]! &= ~(1 << bin);
    }
  }
}
