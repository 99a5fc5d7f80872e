/**
 * Metrics of one VM id. Ids carry the type in their low two bits, as in Envoy (counters 4, 8, …; gauges 5, 9, …;
 * histograms 6, 10, …). Values are counted with atomic additions and no lock.
 *
 * Cells are never used for anything but cells of the same kind: whoever still counts for a space that has just gone
 * may add to a newer metric, and to nothing else.
 */
import type { Span } from "../../copy.ts";
import { MAX_METRIC_NAME_BYTES, MAX_METRICS } from "../limits.ts";
import { MetricType, Status } from "../types.ts";
import { binOf, BINS, bucketOf, BUCKETS, leastOf } from "./buckets.ts";
import { Word } from "./region.ts";
import { type Space, SpaceWord } from "./space.ts";
import { Field, Kind } from "./table.ts";

/** One metric as it stands. */
export interface Metric {
  /** As the guest gave it, one character per byte. */
  readonly name: Uint8Array;
  readonly type: MetricType;
  /** Counter or gauge; the sum of a histogram's samples. */
  readonly value: bigint;
  /** Samples of a histogram by bucket (`BUCKET_BOUNDS`, then the rest); empty for others. */
  readonly buckets: readonly bigint[];
  /** Samples of a histogram in bins of two significant digits: the least value of each that has any, and how many. */
  bins(): [least: number, count: number][];
}

/** Words of an entry: the metric's id, the index of its first cell. */
const ID = Field.own;
const CELL = Field.own + 1;

/** Before the cells of a block: the next free one. */
const LINK = 8;

/** Cells of a histogram: the sum, the buckets, then two bins in each. */
const BINS_AT = 1 + BUCKETS;
const HISTOGRAM_CELLS = BINS_AT + Math.ceil(BINS / 2);

const TYPE_MASK = 3;
const LAST_ID = 4 * MAX_METRICS + TYPE_MASK;

export class Metrics {
  readonly #space: Space;
  /** First cells by id, as far as they are known here. */
  readonly #cells: number[] = [];

  constructor(space: Space) {
    this.#space = space;
  }

  /** The id of that metric, made if there is none; 0 when there are too many or its name is too long. */
  define(type: MetricType, name: Span): number {
    if (name.size > MAX_METRIC_NAME_BYTES) return 0;
    const space = this.#space;
    const { table, lock, region: { words } } = space.parts;
    const kind = Kind.counter + type as Kind;
    const hash = table.hash(kind, space.index, name);
    return lock.held(() => {
      if (!space.alive) return 0;
      const entry = table.find(hash, kind, space.index, name) ||
        this.#make(hash, type, name);
      if (entry === 0) return 0;
      const id = words[(entry >> 2) + ID]!;
      this.#cells[id] = words[(entry >> 2) + CELL]!;
      return id;
    });
  }

  /** Adds a signed `delta`. 1 unknown id; 2 for a histogram, or a counter that would not grow. */
  increment(id: number, delta: bigint): Status {
    const type = id & TYPE_MASK;
    if (type > MetricType.gauge) return Status.badArgument;
    const cell = this.#cells[id] ?? this.#find(id);
    if (cell === 0 || !this.#space.alive) return Status.notFound;
    if (type === MetricType.counter && delta <= 0n) return Status.badArgument;
    Atomics.add(this.#space.parts.region.cells, cell, delta);
    return Status.ok;
  }

  /** Sets a gauge, samples a histogram, adds to a counter. 1 unknown id. */
  record(id: number, value: bigint): Status {
    const cell = this.#cells[id] ?? this.#find(id);
    if (cell === 0 || !this.#space.alive) return Status.notFound;
    const { cells } = this.#space.parts.region;
    switch (id & TYPE_MASK) {
      case MetricType.counter:
        Atomics.add(cells, cell, value);
        break;
      case MetricType.gauge:
        Atomics.store(cells, cell, value);
        break;
      default:
        Atomics.add(cells, cell + 1 + bucketOf(value), 1n);
        Atomics.add(
          this.#space.parts.region.words,
          2 * (cell + BINS_AT) + binOf(value),
          1,
        );
        Atomics.add(cells, cell, value);
    }
    return Status.ok;
  }

  /** The value as a u64: a status if there is no such metric (1) or it is a histogram (2). */
  get(id: number): bigint | Status {
    if ((id & TYPE_MASK) > MetricType.gauge) return Status.badArgument;
    const cell = this.#cells[id] ?? this.#find(id);
    if (cell === 0 || !this.#space.alive) return Status.notFound;
    return Atomics.load(this.#space.parts.region.cells, cell);
  }

  /** All metrics, the newest first; needs no lock where nobody else removes spaces. */
  *all(): Generator<Metric> {
    const { region: { words, cells }, table } = this.#space.parts;
    let entry = Atomics.load(words, this.#space.word(SpaceWord.metrics));
    for (; entry !== 0; entry = words[(entry >> 2) + Field.sibling]!) {
      const type = table.kindOf(entry) - Kind.counter as MetricType;
      const cell = words[(entry >> 2) + CELL]!;
      const buckets = type === MetricType.histogram ? BUCKETS : 0;
      yield {
        name: table.keyOf(entry),
        type,
        value: Atomics.load(cells, cell),
        buckets: Array.from(
          { length: buckets },
          (_, i) => Atomics.load(cells, cell + 1 + i),
        ),
        bins: () => buckets === 0 ? [] : binsOf(words, 2 * (cell + BINS_AT)),
      };
    }
  }

  /** The first cell of a metric that another instance defined, or 0. */
  #find(id: number): number {
    if (id > LAST_ID) return 0;
    const space = this.#space;
    const { lock, region: { words } } = space.parts;
    return lock.held(() => {
      if (!space.alive) return 0;
      let entry = words[space.word(SpaceWord.metrics)]!;
      for (; entry !== 0; entry = words[(entry >> 2) + Field.sibling]!) {
        if (words[(entry >> 2) + ID] === id) {
          return this.#cells[id] = words[(entry >> 2) + CELL]!;
        }
      }
      return 0;
    });
  }

  #make(hash: number, type: MetricType, name: Span): number {
    const space = this.#space;
    const { table, region: { words } } = space.parts;
    const defined = space.word(SpaceWord.defined);
    const all = words[defined]! + words[defined + 1]! + words[defined + 2]!;
    if (all >= MAX_METRICS) return 0;
    const block = takeCells(space, type);
    if (block === 0) return 0;
    const kind = Kind.counter + type as Kind;
    const entry = table.add(hash, kind, space.index, name);
    if (entry === 0) {
      giveCells(space, type, block);
      return 0;
    }
    words[(entry >> 2) + ID] = 4 * ++words[defined + type]! + type;
    words[(entry >> 2) + CELL] = block + LINK >> 3;
    space.adopt(entry, SpaceWord.metrics);
    return entry;
  }
}

/** Those bins that have samples. */
function binsOf(words: Int32Array, at: number): [number, number][] {
  const bins: [number, number][] = [];
  for (let bin = 0; bin < BINS; bin++) {
    const count = Atomics.load(words, at + bin) >>> 0;
    if (count > 0) bins.push([leastOf(bin), count]);
  }
  return bins;
}

/** A block of cells that are 0, or 0. */
function takeCells({ parts: { heap, region } }: Space, type: MetricType) {
  const { words, cells } = region;
  const count = type === MetricType.histogram ? HISTOGRAM_CELLS : 1;
  const list = listOf(type);
  let block = words[list]!;
  if (block !== 0) words[list] = words[block >> 2]!;
  else block = heap.allocate(LINK + 8 * count);
  if (block !== 0) {
    const first = block + LINK >> 3;
    cells.fill(0n, first, first + count);
  }
  return block;
}

function giveCells(space: Space, type: MetricType, block: number): void {
  const { words } = space.parts.region;
  words[block >> 2] = words[listOf(type)]!;
  words[listOf(type)] = block;
}

function listOf(type: MetricType): number {
  return type === MetricType.histogram ? Word.freeHistograms : Word.freeValues;
}

/** Gives back the cells of a metric's entry; under the lock. */
export function freeMetric(space: Space, entry: number): void {
  const { table, region: { words } } = space.parts;
  const type = table.kindOf(entry) - Kind.counter as MetricType;
  giveCells(space, type, 8 * words[(entry >> 2) + CELL]! - LINK);
}
