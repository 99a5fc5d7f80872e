/** Shared data with compare-and-swap (ABI.md §4.4). */
import { copySpan, SHORT, type Span, Tray } from "../../copy.ts";
import { MAX_SHARED_DATA_BYTES } from "../limits.ts";
import { Status } from "../types.ts";

import { Heap } from "./heap.ts";
import { type Space, SpaceWord } from "./space.ts";
import { Field, Kind, Table } from "./table.ts";

/** Words of an entry. */
const Own = {
  /** The value's block, 0 for an empty value. */
  at: Field.own,
  size: Field.own + 1,
  cas: Field.own + 2,
  /** Bytes that the block has room for. */
  room: Field.own + 3,
} as const;

export class SharedData {
  /** The value that was read last. */
  readonly tray = new Tray();
  readonly #space: Space;

  constructor(space: Space) {
    this.#space = space;
  }

  /** The number under which `key` is stored, its value in `tray`; 0 if there is no such key. */
  get(key: Span): number {
    const space = this.#space;
    const { table, lock, region } = space.parts;
    const hash = table.hash(Kind.data, space.index, key);
    return lock.heldBriefly(() => {
      if (!space.alive) return 0;
      const entry = table.find(hash, Kind.data, space.index, key);
      if (entry === 0) return 0;
      const { words, bytes } = region;
      const at = entry >> 2;
      this.tray.fill(bytes, words[at + Own.at]!, words[at + Own.size]!);
      return words[at + Own.cas]! >>> 0;
    });
  }

  /**
   * Stores `value`. With `cas` 0 always; else only while the key's number is `cas` (8), or where there is no such key.
   * 10 when all values together would exceed the limit, or the region is full.
   */
  set(key: Span, value: Span, cas: number): Status {
    const space = this.#space;
    const { table, lock } = space.parts;
    const hash = table.hash(Kind.data, space.index, key);
    if (value.size <= SHORT) {
      const done = lock.heldBriefly(() =>
        this.#overwrite(hash, key, value, cas)
      );
      if (done) return Status.ok;
    }
    return lock.held(() => {
      // Nobody is left who could read it, and SDKs do not survive another answer.
      if (!space.alive) return Status.ok;
      const entry = table.find(hash, Kind.data, space.index, key);
      return entry === 0
        ? this.#add(hash, key, value)
        : this.#replace(entry, value, cas);
    });
  }

  /** Stores a short value where the last one was, if it can, and says whether; calls nothing once it has begun to. */
  #overwrite(
    hash: number,
    key: Span,
    { bytes: source, at: from, size }: Span,
    cas: number,
  ): boolean {
    const space = this.#space;
    const { table, region: { words, bytes } } = space.parts;
    if (!space.alive) return false;
    const entry = table.find(hash, Kind.data, space.index, key);
    if (entry === 0) return false;
    const at = entry >> 2;
    const fits = staysIn(words[at + Own.room]!, size);
    if (!fits || (cas !== 0 && words[at + Own.cas]! >>> 0 !== cas)) {
      return false;
    }
    const block = words[at + Own.at]!;
    const counter = space.word(SpaceWord.lastCas);
    for (let i = 0; i < size; i++) bytes[block + i] = source[from + i]!;
    const next = (words[counter]! + 1 | 0) || 1;
    words[counter] = next;
    words[at + Own.size] = size;
    words[at + Own.cas] = next;
    return true;
  }

  #add(hash: number, key: Span, value: Span): Status {
    const space = this.#space;
    const { heap, table, region: { words } } = space.parts;
    const grown = Table.size(key) + Heap.overhead;
    if (!this.#fits(grown + value.size)) return Status.internalFailure;
    const block = this.#store(value);
    if (block < 0) return Status.internalFailure;
    const entry = table.add(hash, Kind.data, space.index, key);
    if (entry === 0) {
      if (block !== 0) heap.free(block);
      return Status.internalFailure;
    }
    space.adopt(entry);
    words[space.word(SpaceWord.dataBytes)]! += grown;
    this.#point(entry, block, value.size, value.size);
    return Status.ok;
  }

  #replace(entry: number, value: Span, cas: number): Status {
    const { heap, region: { words, bytes } } = this.#space.parts;
    const at = entry >> 2;
    if (cas !== 0 && words[at + Own.cas]! >>> 0 !== cas) {
      return Status.casMismatch;
    }
    const room = words[at + Own.room]!;
    const block = words[at + Own.at]!;
    if (staysIn(room, value.size)) {
      copySpan(bytes, block, value);
      this.#point(entry, block, value.size, room);
      return Status.ok;
    }
    if (!this.#fits(value.size - room)) return Status.internalFailure;
    const fresh = this.#store(value);
    if (fresh < 0) return Status.internalFailure;
    if (block !== 0) heap.free(block);
    this.#point(entry, fresh, value.size, value.size);
    return Status.ok;
  }

  #fits(grown: number): boolean {
    const { words } = this.#space.parts.region;
    const held = words[this.#space.word(SpaceWord.dataBytes)]!;
    return held + grown <= MAX_SHARED_DATA_BYTES;
  }

  /** A block with a copy of `value`; 0 for an empty one, -1 where there is no room. */
  #store(value: Span): number {
    if (value.size === 0) return 0;
    const { heap, region: { bytes } } = this.#space.parts;
    const block = heap.allocate(value.size);
    if (block === 0) return -1;
    copySpan(bytes, block, value);
    return block;
  }

  /** Makes an entry's value that of a block, under the next number: one counter for all keys, 0 never handed out. */
  #point(entry: number, block: number, size: number, room: number): void {
    const space = this.#space;
    const { words } = space.parts.region;
    const at = entry >> 2;
    words[space.word(SpaceWord.dataBytes)]! += room - words[at + Own.room]!;
    const counter = space.word(SpaceWord.lastCas);
    words[counter] = (words[counter]! + 1 | 0) || 1;
    words[at + Own.at] = block;
    words[at + Own.size] = size;
    words[at + Own.cas] = words[counter]!;
    words[at + Own.room] = room;
  }
}

/** Whether a value of `size` bytes is kept in a block for `room` of them, which is 0 where there is none. */
function staysIn(room: number, size: number): boolean {
  return room !== 0 && size <= room && size >= room >> 1;
}

/** Gives back what a data entry holds; under the lock. */
export function freeData({ parts: { heap, region } }: Space, entry: number) {
  const block = region.words[(entry >> 2) + Own.at]!;
  if (block !== 0) heap.free(block);
}
