/**
 * How many WebAssembly instances a process may hold. Each memory takes two of the kernel's maps (`vm.max_map_count`), and a
 * suspended call two more; past the limit V8 aborts the process, so the count is kept here, for all isolates together.
 * Measured: with the default of 65530 maps V8 aborts at about 32,000 idle and 17,000 suspended instances.
 */

/** Maps that are left for everything else: libraries, stacks, the heap. */
const RESERVE = 4096;
/** The kernel's default, for where its own cannot be read. */
const DEFAULT_MAPS = 65530;

/** What an instance costs: its memory, and the stack of the one call that may be suspended in it. */
export function mapsOf({ suspends }: { suspends: boolean }): number {
  return suspends ? 4 : 2;
}

export class InstanceBudget {
  readonly #left: Int32Array;
  readonly #freed: FinalizationRegistry<number>;

  /** A view of what `createBudget` made; one for each isolate. */
  constructor(buffer: SharedArrayBuffer) {
    this.#left = new Int32Array(buffer);
    this.#freed = new FinalizationRegistry((maps) => this.#give(maps));
  }

  /** Maps that instances may still take. */
  get left(): number {
    return Atomics.load(this.#left, 0);
  }

  /** Takes `maps` if there are as many. */
  take(maps: number): boolean {
    if (Atomics.sub(this.#left, 0, maps) >= maps) return true;
    this.#give(maps);
    return false;
  }

  /** Gives `maps` back when `memory` is gone: it stays mapped until it is collected. */
  returnWith(memory: WebAssembly.Memory, maps: number): void {
    this.#freed.register(memory, maps);
  }

  /** Gives back what was taken for an instance that could not be made. */
  giveBack(maps: number): void {
    this.#give(maps);
  }

  #give(maps: number): void {
    Atomics.add(this.#left, 0, maps);
  }
}

/** The budget of this process, to be handed to its isolates. */
export function createBudget(): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(4);
  new Int32Array(buffer)[0] = Math.max(0, maxMaps() - RESERVE);
  return buffer;
}

function maxMaps(): number {
  try {
    const text = Deno.readTextFileSync("/proc/sys/vm/max_map_count");
    return Number(text) || DEFAULT_MAPS;
  } catch {
    return DEFAULT_MAPS;
  }
}
