/** The daemon's own memory: what it holds and does not use goes back to the system. One for the process. */
import { type MemoryCalls, Reclaimer } from "../runtime/mod.ts";
import { libcMemory } from "./libc.ts";

const MADV_DONTNEED = 4;

export const reclaimer = new Reclaimer(memoryCalls);

function memoryCalls(): MemoryCalls {
  const { madvise, malloc_trim } = libcMemory();
  return {
    maps: () => Deno.readTextFileSync("/proc/self/maps"),
    letGo: ({ start, length }) => madvise(start, length, MADV_DONTNEED),
    trim: () => malloc_trim(0n),
  };
}
