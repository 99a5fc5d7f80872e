/** Shared data with compare-and-swap (ABI.md §4.4). */
import { copyInto, Tray } from "../../copy.ts";
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
  get(key: Uint8Array): number {
    const space = this.#space;
    const { table, lock, region } = space.parts;
    const hash = table.hash(Kind.data, space.index, key);
    return lock.held(() => {
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
  set(key: Uint8Array, value: Uint8Array, cas: number): Status {
    const space = this.#space;
    const { table, lock } = space.parts;
    const hash = table.hash(Kind.data, space.index, key);
    return lock.held(() => {
      // Nobody is left who could read it, and SDKs do not survive another answer.
      if (!space.alive) return Status.ok;
      const entry = table.find(hash, Kind.data, space.index, key);
      return entry === 0
        ? this.#add(hash, key, value)
        : this.#replace(entry, value, cas);
    });
  }

  #add(hash: number, key: Uint8Array, value: Uint8Array): Status {
    const space = this.#space;
    const { heap, table, region: { words } } = space.parts;
    const grown = Table.size(key) + Heap.overhead;
    if (!this.#fits(grown + value.length)) return Status.internalFailure;
    const block = this.#store(value);
    if (block < 0) return Status.internalFailure;
    const entry = table.add(hash, Kind.data, space.index, key);
    if (entry === 0) {
      if (block !== 0) heap.free(block);
      return Status.internalFailure;
    }
    space.adopt(entry);
    words[space.word(SpaceWord.dataBytes)]! += grown;
    this.#point(entry, block, value.length, value.length);
    return Status.ok;
  }

  #replace(entry: number, value: Uint8Array, cas: number): Status {
    const { heap, region: { words, bytes } } = this.#space.parts;
    const at = entry >> 2;
    if (cas !== 0 && words[at + Own.cas]! >>> 0 !== cas) {
      return Status.casMismatch;
    }
    const room = words[at + Own.room]!;
    const block = words[at + Own.at]!;
    if (block !== 0 && value.length <= room && value.length >= room >> 1) {
      copyInto(bytes, block, value);
      this.#point(entry, block, value.length, room);
      return Status.ok;
    }
    if (!this.#fits(value.length - room)) return Status.internalFailure;
    const fresh = this.#store(value);
    if (fresh < 0) return Status.internalFailure;
    if (block !== 0) heap.free(block);
    this.#point(entry, fresh, value.length, value.length);
    return Status.ok;
  }

  #fits(grown: number): boolean {
    const { words } = this.#space.parts.region;
    const held = words[this.#space.word(SpaceWord.dataBytes)]!;
    return held + grown <= MAX_SHARED_DATA_BYTES;
  }

  /** A block with a copy of `value`; 0 for an empty one, -1 where there is no room. */
  #store(value: Uint8Array): number {
    if (value.length === 0) return 0;
    const { heap, region: { bytes } } = this.#space.parts;
    const block = heap.allocate(value.length);
    if (block === 0) return -1;
    copyInto(bytes, block, value);
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

/** Gives back what a data entry holds; under the lock. */
export function freeData({ parts: { heap, region } }: Space, entry: number) {
  const block = region.words[(entry >> 2) + Own.at]!;
  if (block !== 0) heap.free(block);
}
