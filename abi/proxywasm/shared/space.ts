/** What belongs to one VM id. A space goes with the last function of its VM id, and is then a space of nothing. */
import { Heap } from "./heap.ts";
import { Lock } from "./lock.ts";
import { Region, SPACE_BYTES, SPACES_AT } from "./region.ts";
import { Field, Table } from "./table.ts";

/** A region with the means to use it. One object per isolate. */
export class Parts {
  readonly heap: Heap;
  readonly table: Table;
  readonly lock: Lock;

  constructor(readonly region: Region) {
    this.heap = new Heap(region);
    this.table = new Table(region, this.heap);
    this.lock = new Lock(region);
  }
}

/** Words of a space. */
export const SpaceWord = {
  /** Unique in the region; 0 for a space that is free. */
  serial: 0,
  /** Its entry by name. */
  name: 1,
  /** First of its entries, but metrics. */
  entries: 2,
  /** First of its metrics. Read without the lock, hence published when complete. */
  metrics: 3,
  dataBytes: 4,
  queueBytes: 5,
  queues: 6,
  lastCas: 7,
  /** How many it has defined: counters, gauges, histograms. */
  defined: 8,
} as const;

/** Index of a space's first word. */
export function spaceAt(index: number): number {
  return SPACES_AT + index * SPACE_BYTES >> 2;
}

export class Space {
  /** Index of its first word. */
  readonly at: number;

  constructor(
    readonly parts: Parts,
    readonly index: number,
    readonly serial: number,
  ) {
    this.at = spaceAt(index);
  }

  /** Whether it is still the space of its VM id. Sure only under the lock. */
  get alive(): boolean {
    return this.parts.region.words[this.at + SpaceWord.serial] === this.serial;
  }

  /** A word of the space, as an index into the region's words. */
  word(which: number): number {
    return this.at + which;
  }

  /** Makes a new entry one of this space; under the lock. */
  adopt(entry: number, list: 2 | 3 = SpaceWord.entries): void {
    const { words } = this.parts.region;
    words[(entry >> 2) + Field.sibling] = words[this.at + list]!;
    Atomics.store(words, this.at + list, entry);
  }
}
