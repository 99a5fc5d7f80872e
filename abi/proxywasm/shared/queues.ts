/** Shared queues (ABI.md §4.5): FIFOs of byte strings, by VM id and name, and by an id from 1 up. */
import { copySpan, type Span, spanOf, Tray } from "../../copy.ts";
import { MAX_QUEUE_BYTES, MAX_QUEUES } from "../limits.ts";
import { Status } from "../types.ts";
import { Word } from "./region.ts";
import { type Space, spaceAt, SpaceWord } from "./space.ts";
import { Field, Kind } from "./table.ts";

/** Who hears of new items: numbers whose meaning is the runtime's, and the root context that registered. */
export interface Registrant {
  /** The function. */
  readonly owner: number;
  /** Its instance. */
  readonly instance: number;
  readonly root: number;
}

/** Told of each new item, while the guest that put it there is still running: must only take note. */
export type Notify = (registrant: Registrant, queue: number) => void;

/** Words of a queue's entry. */
const Own = {
  first: Field.own,
  last: Field.own + 1,
  id: Field.own + 2,
  owner: Field.own + 3,
  instance: Field.own + 4,
  root: Field.own + 5,
} as const;

/** Of an entry by id: the queue's entry. */
const QUEUE = Field.own;

/** An item: the next one, its size, its bytes. */
const ITEM = 8;

export class SharedQueues {
  /** The item that was taken last. */
  readonly tray = new Tray();
  readonly #space: Space;
  readonly #owner: number;
  readonly #instance: number;
  readonly #notify: Notify;

  constructor(space: Space, owner: number, instance: number, notify: Notify) {
    this.#space = space;
    this.#owner = owner;
    this.#instance = instance;
    this.#notify = notify;
  }

  /**
   * The id of queue `name`, made if there is none, or 0 when there are too many. The last to register is who hears of
   * new items; those that wait stay.
   */
  register(name: Span, root: number): number {
    const space = this.#space;
    const { table, lock, region: { words } } = space.parts;
    const hash = table.hash(Kind.queue, space.index, name);
    return lock.held(() => {
      if (!space.alive) return 0;
      const entry = table.find(hash, Kind.queue, space.index, name) ||
        this.#make(hash, name);
      if (entry === 0) return 0;
      const at = entry >> 2;
      words[at + Own.owner] = this.#owner;
      words[at + Own.instance] = this.#instance;
      words[at + Own.root] = root;
      return words[at + Own.id]!;
    });
  }

  /** The id of queue `name` of a VM id, or 0. An empty VM id is the caller's own. */
  resolve(vmId: Span, name: Span): number {
    const { table, lock, region: { words } } = this.#space.parts;
    const owner = table.hash(Kind.space, 0, vmId);
    return lock.held(() => {
      let index = this.#space.index;
      if (vmId.size > 0) {
        const found = table.find(owner, Kind.space, 0, vmId);
        if (found === 0) return 0;
        index = words[(found >> 2) + Field.own]!;
      } else if (!this.#space.alive) return 0;
      const hash = table.hash(Kind.queue, index, name);
      const entry = table.find(hash, Kind.queue, index, name);
      return entry === 0 ? 0 : words[(entry >> 2) + Own.id]!;
    });
  }

  /** Appends an item. 1 for an unknown id, 10 when all items together would exceed the limit. */
  enqueue(id: number, item: Span): Status {
    const { lock, region: { words } } = this.#space.parts;
    let registrant: Registrant | undefined;
    const status = lock.held(() => {
      const queue = this.#find(id);
      if (queue === 0) return Status.notFound;
      const block = this.#store(queue, item);
      if (block === 0) return Status.internalFailure;
      const at = queue >> 2;
      const last = words[at + Own.last]!;
      words[last === 0 ? at + Own.first : last >> 2] = block;
      words[at + Own.last] = block;
      registrant = {
        owner: words[at + Own.owner]! >>> 0,
        instance: words[at + Own.instance]! >>> 0,
        root: words[at + Own.root]! >>> 0,
      };
      return Status.ok;
    });
    if (registrant !== undefined) this.#notify(registrant, id);
    return status;
  }

  /** Takes the item that has waited longest into `tray`. 1 if there is no such queue, 7 if it is empty. */
  take(id: number): Status {
    const { lock, heap, region: { words, bytes } } = this.#space.parts;
    return lock.held(() => {
      const queue = this.#find(id);
      if (queue === 0) return Status.notFound;
      const at = queue >> 2;
      const block = words[at + Own.first]!;
      if (block === 0) return Status.empty;
      const size = words[(block >> 2) + 1]!;
      this.tray.fill(bytes, block + ITEM, size);
      const next = words[block >> 2]!;
      words[at + Own.first] = next;
      if (next === 0) words[at + Own.last] = 0;
      this.#count(queue, -ITEM - size);
      heap.free(block);
      return Status.ok;
    });
  }

  /** Puts an item back to the front, since the guest had no memory for it. False if it is lost. */
  putBack(id: number, item: Span): boolean {
    const { lock, region: { words } } = this.#space.parts;
    return lock.held(() => {
      const queue = this.#find(id);
      const block = queue === 0 ? 0 : this.#store(queue, item);
      if (block === 0) return false;
      const at = queue >> 2;
      words[block >> 2] = words[at + Own.first]!;
      words[at + Own.first] = block;
      if (words[at + Own.last] === 0) words[at + Own.last] = block;
      return true;
    });
  }

  /** The entry of a queue by its id, or 0; under the lock. */
  #find(id: number): number {
    const { table, region: { words } } = this.#space.parts;
    const key = keyOf(id);
    const hash = table.hash(Kind.queueId, 0, key);
    const entry = table.find(hash, Kind.queueId, 0, key);
    return entry === 0 ? 0 : words[(entry >> 2) + QUEUE]!;
  }

  #make(hash: number, name: Span): number {
    const space = this.#space;
    const { table, region: { words } } = space.parts;
    const count = space.word(SpaceWord.queues);
    if (words[count]! >= MAX_QUEUES) return 0;
    const entry = table.add(hash, Kind.queue, space.index, name);
    if (entry === 0) return 0;
    const id = words[Word.lastQueue]! + 1;
    const key = keyOf(id);
    const idHash = table.hash(Kind.queueId, 0, key);
    const byId = table.add(idHash, Kind.queueId, 0, key);
    if (byId === 0) {
      table.remove(entry);
      return 0;
    }
    words[Word.lastQueue] = id;
    words[count]!++;
    words[(entry >> 2) + Own.id] = id;
    words[(byId >> 2) + QUEUE] = entry;
    space.adopt(entry);
    space.adopt(byId);
    return entry;
  }

  /** A block with a copy of `item`, counted; 0 where there is no room. */
  #store(queue: number, item: Span): number {
    const { heap, region: { words, bytes } } = this.#space.parts;
    const size = ITEM + item.size;
    if (words[this.#bytes(queue)]! + size > MAX_QUEUE_BYTES) return 0;
    const block = heap.allocate(size);
    if (block === 0) return 0;
    words[block >> 2] = 0;
    words[(block >> 2) + 1] = item.size;
    copySpan(bytes, block + ITEM, item);
    this.#count(queue, size);
    return block;
  }

  #count(queue: number, size: number): void {
    this.#space.parts.region.words[this.#bytes(queue)]! += size;
  }

  /** Where the space that has the queue, which may be another's, counts its bytes. */
  #bytes(queue: number): number {
    const { words } = this.#space.parts.region;
    const index = words[(queue >> 2) + Field.owner]! >>> 8;
    return spaceAt(index) + SpaceWord.queueBytes;
  }
}

/** Gives back what a queue's entry holds; under the lock. */
export function freeQueue({ parts: { heap, region } }: Space, entry: number) {
  const { words } = region;
  for (let block = words[(entry >> 2) + Own.first]!; block !== 0;) {
    const next = words[block >> 2]!;
    heap.free(block);
    block = next;
  }
}

const idBytes = new Uint8Array(4);
const idKey = spanOf(idBytes);

/** The key of a queue's id; valid until the next one. */
function keyOf(id: number): Span {
  idBytes[0] = id;
  idBytes[1] = id >>> 8;
  idBytes[2] = id >>> 16;
  idBytes[3] = id >>> 24;
  return idKey;
}
