/**
 * Everything that has a name, in one hash table: by kind, space and key. All calls are made under the lock, but `hash`.
 *
 * An entry is a block of the heap: eleven words (`Field`), then the key.
 */
import { copySpan, type Span } from "../../copy.ts";
import type { Heap } from "./heap.ts";
import { type Region, Word } from "./region.ts";

/** Words of an entry. */
export const Field = {
  /** Next entry of the bucket. */
  next: 0,
  hash: 1,
  /** The kind, and above it the number of the space. */
  owner: 2,
  /** Next entry of the same space. */
  sibling: 3,
  keySize: 4,
  /** Six words whose meaning is the kind's own. */
  own: 5,
} as const;
const KEY_AT = 44;

export const Kind = {
  space: 0,
  data: 1,
  queue: 2,
  /** A queue by its id, the four bytes of which are the key. */
  queueId: 3,
  counter: 4,
  gauge: 5,
  histogram: 6,
} as const;
export type Kind = typeof Kind[keyof typeof Kind];

const FIRST_BUCKETS = 64;

export class Table {
  readonly #region: Region;
  readonly #heap: Heap;
  readonly #words: Int32Array;

  constructor(region: Region, heap: Heap) {
    this.#region = region;
    this.#heap = heap;
    this.#words = region.words;
  }

  hash(kind: Kind, space: number, { bytes, at, size }: Span): number {
    let hash = this.#words[Word.hashSeed]! ^ (space << 8 | kind);
    for (let i = at; i < at + size; i++) {
      hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    }
    return Math.imul(hash ^ hash >>> 15, 0x2c1b3c6d) ^ size;
  }

  /** The entry's address, or 0. */
  find(hash: number, kind: Kind, space: number, key: Span): number {
    const words = this.#words;
    const size = words[Word.tableSize]!;
    if (size === 0) return 0;
    const owner = space << 8 | kind;
    let entry = words[(words[Word.tableAt]! >> 2) + (hash & size - 1)]!;
    for (; entry !== 0; entry = words[(entry >> 2) + Field.next]!) {
      const at = entry >> 2;
      if (
        words[at + Field.hash] === hash && words[at + Field.owner] === owner &&
        words[at + Field.keySize] === key.size && this.#hasKey(entry, key)
      ) return entry;
    }
    return 0;
  }

  /** Adds an entry that is not there, its own words 0; 0 if there is no room, and nothing changed. */
  add(hash: number, kind: Kind, space: number, key: Span): number {
    if (!this.#makeRoom()) return 0;
    const entry = this.#heap.allocate(KEY_AT + key.size);
    if (entry === 0) return 0;
    const words = this.#words;
    const at = entry >> 2;
    words.fill(0, at, at + (KEY_AT >> 2));
    words[at + Field.hash] = hash;
    words[at + Field.owner] = space << 8 | kind;
    words[at + Field.keySize] = key.size;
    copySpan(this.#region.bytes, entry + KEY_AT, key);
    const bucket = this.#bucket(hash);
    words[at + Field.next] = words[bucket]!;
    words[bucket] = entry;
    words[Word.tableCount]!++;
    return entry;
  }

  /** Takes an entry out and frees it. */
  remove(entry: number): void {
    const words = this.#words;
    let link = this.#bucket(words[(entry >> 2) + Field.hash]!);
    while (words[link] !== entry) link = (words[link]! >> 2) + Field.next;
    words[link] = words[(entry >> 2) + Field.next]!;
    words[Word.tableCount]!--;
    this.#heap.free(entry);
  }

  kindOf(entry: number): Kind {
    return (this.#words[(entry >> 2) + Field.owner]! & 0xff) as Kind;
  }

  /** A copy of an entry's key. */
  keyOf(entry: number): Uint8Array<ArrayBuffer> {
    const size = this.#words[(entry >> 2) + Field.keySize]!;
    const key = new Uint8Array(size);
    key.set(this.#region.bytes.subarray(entry + KEY_AT, entry + KEY_AT + size));
    return key;
  }

  /** Bytes that an entry with that key takes. */
  static size(key: Span): number {
    return KEY_AT + key.size;
  }

  #hasKey(entry: number, { bytes: wanted, at: from, size }: Span): boolean {
    const { bytes } = this.#region;
    const at = entry + KEY_AT;
    for (let i = 0; i < size; i++) {
      if (bytes[at + i] !== wanted[from + i]) return false;
    }
    return true;
  }

  /** Index of the word that holds a bucket's first entry. */
  #bucket(hash: number): number {
    const words = this.#words;
    return (words[Word.tableAt]! >> 2) + (hash & words[Word.tableSize]! - 1);
  }

  /** Twice the buckets where entries are twice as many; a table that cannot grow gets slower, and still works. */
  #makeRoom(): boolean {
    const words = this.#words;
    const size = words[Word.tableSize]!;
    if (words[Word.tableCount]! < 2 * size) return true;
    const wanted = size === 0 ? FIRST_BUCKETS : 2 * size;
    const table = this.#heap.allocate(4 * wanted);
    if (table === 0) return size !== 0;
    words.fill(0, table >> 2, (table >> 2) + wanted);
    const old = words[Word.tableAt]!;
    words[Word.tableAt] = table;
    words[Word.tableSize] = wanted;
    for (let i = 0; i < size; i++) {
      for (let entry = words[(old >> 2) + i]!; entry !== 0;) {
        const next = words[(entry >> 2) + Field.next]!;
        const bucket = this.#bucket(words[(entry >> 2) + Field.hash]!);
        words[(entry >> 2) + Field.next] = words[bucket]!;
        words[bucket] = entry;
        entry = next;
      }
    }
    if (old !== 0) this.#heap.free(old);
    return true;
  }
}
