/**
 * Shared data, queues and metrics: what functions of one VM id have in common, in whatever isolates they run. It all
 * lies in one buffer that the isolates share, so that no host call has to wait for a message.
 */
import { spanOf } from "../../copy.ts";
import { encodeText } from "../../text.ts";
import { freeData, SharedData } from "./data.ts";
import { freeMetric, type Metric, Metrics } from "./metrics.ts";
import {
  freeQueue,
  type Notify,
  type Registrant,
  SharedQueues,
} from "./queues.ts";
import { MAX_SPACES, Region, Word } from "./region.ts";
import { Parts, Space, spaceAt, SpaceWord } from "./space.ts";
import { Field, Kind } from "./table.ts";

export { BUCKET_BOUNDS } from "./buckets.ts";
export type { Metric, Notify, Registrant };

/** What one instance shares. */
export interface SharedServices {
  readonly data: SharedData;
  readonly queues: SharedQueues;
  readonly metrics: Metrics;
}

/** All that a store may hold: bytes. */
export const MAX_STORE_BYTES = 256 * 1024 * 1024;

/** One end of a store: the isolate that made it and those that were given its buffer each have one. */
export class SharedStore {
  readonly #parts: Parts;

  private constructor(region: Region) {
    this.#parts = new Parts(region);
  }

  /** A new store of address space for `maxBytes`; it takes memory as it is used, and keeps it. */
  static create(maxBytes = MAX_STORE_BYTES): SharedStore {
    return new SharedStore(Region.create(maxBytes));
  }

  /** This isolate's end of a store that another made. */
  static at(buffer: SharedArrayBuffer): SharedStore {
    return new SharedStore(new Region(buffer));
  }

  /** What other isolates are given. */
  get buffer(): SharedArrayBuffer {
    return this.#parts.region.buffer;
  }

  /** A number that no instance of this store's functions had before. */
  nextInstance(): number {
    return 1 + Atomics.add(this.#parts.region.words, Word.lastInstance, 1);
  }

  /**
   * The space of a VM id, made if there is none. May block: not for the main isolate.
   * @throws {Error} there are too many, or the store is full.
   */
  open(vmId: string): Space {
    const { lock, table, region: { words } } = this.#parts;
    const key = spanOf(encodeText(vmId));
    const hash = table.hash(Kind.space, 0, key);
    const space = lock.held(() => {
      const known = table.find(hash, Kind.space, 0, key);
      if (known !== 0) return this.#space(words[(known >> 2) + Field.own]!);
      let index = 0;
      while (words[spaceAt(index)] !== 0) {
        if (++index === MAX_SPACES) return undefined;
      }
      const name = table.add(hash, Kind.space, 0, key);
      if (name === 0) return undefined;
      words[(name >> 2) + Field.own] = index;
      const at = spaceAt(index);
      words[at + SpaceWord.name] = name;
      words[Word.lastSpace] = words[Word.lastSpace]! + 1 | 0 || 1;
      Atomics.store(words, at + SpaceWord.serial, words[Word.lastSpace]!);
      return this.#space(index);
    });
    if (space !== undefined) return space;
    throw new Error(
      `no space for VM id ${
        JSON.stringify(vmId)
      }: there are ${MAX_SPACES} already, or the shared store is full`,
    );
  }

  /** Drops all that a VM id has, once its last function is gone. Never blocks; for one isolate alone, the main one. */
  remove(vmId: string): Promise<void> {
    const { lock, table, region: { words } } = this.#parts;
    const key = spanOf(encodeText(vmId));
    const hash = table.hash(Kind.space, 0, key);
    return lock.heldLater(() => {
      const name = table.find(hash, Kind.space, 0, key);
      if (name === 0) return;
      const space = this.#space(words[(name >> 2) + Field.own]!);
      Atomics.store(words, space.word(SpaceWord.serial), 0);
      for (const list of [SpaceWord.entries, SpaceWord.metrics]) {
        for (let entry = words[space.word(list)]!; entry !== 0;) {
          const next = words[(entry >> 2) + Field.sibling]!;
          freeContents(space, entry);
          table.remove(entry);
          entry = next;
        }
      }
      table.remove(name);
      words.fill(0, space.at, spaceAt(space.index + 1));
    });
  }

  /** Every VM id that has metrics, with them. Takes no lock: for the isolate that calls `remove`. */
  *metrics(): Generator<[vmId: Uint8Array, Iterable<Metric>]> {
    const { table, region: { words } } = this.#parts;
    for (let index = 0; index < MAX_SPACES; index++) {
      const at = spaceAt(index);
      if (Atomics.load(words, at + SpaceWord.serial) === 0) continue;
      if (Atomics.load(words, at + SpaceWord.metrics) === 0) continue;
      yield [
        table.keyOf(words[at + SpaceWord.name]!),
        new Metrics(this.#space(index)).all(),
      ];
    }
  }

  /** Checks the store's structure. @throws {Error} what is wrong. @returns bytes in use on its heap. */
  check(): number {
    return this.#parts.lock.held(() => this.#parts.heap.check());
  }

  #space(index: number): Space {
    const { words } = this.#parts.region;
    return new Space(this.#parts, index, words[spaceAt(index)]!);
  }
}

/**
 * What an instance is given of its VM id's space.
 * @param owner the function, as `notify` will name it; `instance` likewise.
 */
export function sharedServices(
  space: Space,
  owner: number,
  instance: number,
  notify: Notify,
): SharedServices {
  return {
    data: new SharedData(space),
    queues: new SharedQueues(space, owner, instance, notify),
    metrics: new Metrics(space),
  };
}

/** Services for one instance, shared with no other. */
export function createSharedServices(
  notify: Notify = () => {},
): SharedServices {
  return sharedServices(SharedStore.create().open(""), 0, 0, notify);
}

function freeContents(space: Space, entry: number): void {
  switch (space.parts.table.kindOf(entry)) {
    case Kind.data:
      return freeData(space, entry);
    case Kind.queue:
      return freeQueue(space, entry);
    case Kind.counter:
    case Kind.gauge:
    case Kind.histogram:
      return freeMetric(space, entry);
  }
}
