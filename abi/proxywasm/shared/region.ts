/**
 * The bytes that isolates share, and where things lie in them:
 *
 *     0      header: the lock, the heap's and the table's roots, counters (`Word`)
 *     256    1024 spaces of 64 bytes, one per VM id in use (`space.ts`)
 *     65792  heap (`heap.ts`): everything else
 *
 * Addresses are byte offsets, 0 is "none", and all numbers are 32 bits unless said otherwise. Whatever is not read with
 * `Atomics` is read and written by the holder of the lock alone.
 */

/** Indices of the header's words. */
export const Word = {
  /** Says that the region was laid out, and how. */
  format: 0,
  lock: 1,
  /** First byte above the heap's last block. */
  heapTop: 2,
  /** Size of the block just below the top. */
  heapLast: 3,
  /** One bit per bin that holds a free block. */
  heapBins: 4,
  /** The bins: first free block of each size class. */
  heapBin: 5,
  tableAt: 37,
  /** Buckets, a power of two. */
  tableSize: 38,
  tableCount: 39,
  /** What hashes start from, so that nobody can choose keys that collide. */
  hashSeed: 40,
  lastQueue: 41,
  lastSpace: 42,
  lastInstance: 43,
  /** Cells of metrics that are gone: of one number, and of a histogram. */
  freeValues: 44,
  freeHistograms: 45,
} as const;

export const SPACES_AT = 256;
export const SPACE_BYTES = 64;
export const MAX_SPACES = 1024;
export const HEAP_AT = SPACES_AT + MAX_SPACES * SPACE_BYTES;

const FORMAT = 0x4c590001;

export class Region {
  readonly bytes: Uint8Array<SharedArrayBuffer>;
  readonly words: Int32Array<SharedArrayBuffer>;
  readonly cells: BigUint64Array<SharedArrayBuffer>;

  /** Views on a region that another isolate laid out, or a new one on zeros. */
  constructor(readonly buffer: SharedArrayBuffer) {
    this.bytes = new Uint8Array(buffer);
    this.words = new Int32Array(buffer);
    this.cells = new BigUint64Array(buffer);
    if (this.words[Word.format] === FORMAT) return;
    this.words[Word.heapTop] = HEAP_AT;
    this.words[Word.hashSeed] = crypto.getRandomValues(new Int32Array(1))[0]!;
    this.words[Word.format] = FORMAT;
  }

  /**
   * A new region. It takes address space at once and memory as it is used. Not one that grows: V8 reads and writes
   * those ten times slower (20 bytes: 150 ns instead of 10).
   */
  static create(bytes: number): Region {
    return new Region(new SharedArrayBuffer(bytes));
  }
}
