/** Gives memory back to the system that the process holds and does not use; see RATIONALE.md. */
import { collect } from "./collect.ts";
import { programPages, type Range } from "./program_pages.ts";

/** The system calls it takes, of whoever has them. Each may take some milliseconds, so they run on other threads. */
export interface MemoryCalls {
  /** The text of `/proc/self/maps`. */
  maps(): string;
  /** madvise(2) of a range with `MADV_DONTNEED`. */
  letGo(range: Range): Promise<unknown>;
  /** malloc_trim(3): what the C library's allocator has free. */
  trim(): Promise<unknown>;
}

/** How much the process must have grown since the last time, that another is worth it: bytes. */
const WORTH = 4 * 1024 * 1024;

export class Reclaimer {
  readonly #open: () => MemoryCalls;
  #calls: MemoryCalls | undefined;
  #pages: Range[] | undefined;
  /** Bytes in memory when the last one was done; undefined while one is under way, or none is possible. */
  #left: number | undefined = 0;

  /** `open` is called once, at the first look. Where it throws, no memory is given back. */
  constructor(open: () => MemoryCalls) {
    this.#open = open;
  }

  /** To be called every few seconds. Resolves when what it began is done, at once where nothing was worth it. */
  async look(): Promise<void> {
    if (this.#left === undefined) return;
    if (Deno.memoryUsage().rss - this.#left < WORTH) return;
    this.#left = undefined;
    try {
      this.#calls ??= this.#open();
      this.#pages ??= this.#begin(this.#calls);
      await this.#calls.trim();
      for (const range of this.#pages) await this.#calls.letGo(range);
    } catch {
      return; // An old kernel or another C library: the memory stays.
    }
    this.#left = Deno.memoryUsage().rss;
  }

  /** The first time: the start is over, and what only it ran need not stay compiled. */
  #begin(calls: MemoryCalls): Range[] {
    collect();
    return programPages(calls.maps());
  }
}
