import assert from "node:assert/strict";
import {
  type MemoryCalls,
  Reclaimer,
} from "../../../runtime/memory/reclaimer.ts";
import { memoryCalls } from "../../../runtime/host/memory_calls.ts";
import { codeInMemory } from "../../program_memory.ts";

/** Pieces that come out of the allocator's heap, not from the system one by one. */
const PIECE = 32n * 1024n;
const PIECES = 2000;

Deno.test("the program's pages that nobody uses leave the process, and it goes on", async () => {
  const before = codeInMemory("self");
  await new Reclaimer(() => memoryCalls).look();
  const after = codeInMemory("self");
  assert(after < before / 2, `${before} bytes of code before, ${after} after`);
});

Deno.test("what the allocator has free goes back to the system", async () => {
  const library = Deno.dlopen("libc.so.6", {
    calloc: { parameters: ["usize", "usize"], result: "pointer" },
    memset: { parameters: ["pointer", "i32", "usize"], result: "pointer" },
    free: { parameters: ["pointer"], result: "void" },
  });
  const { calloc, memset, free } = library.symbols;
  const pieces = Array.from({ length: PIECES }, () => calloc(1n, PIECE));
  for (const piece of pieces) memset(piece, 1, PIECE);
  // The one at the top stays, or the allocator would give all back by itself.
  const last = pieces.pop()!;
  for (const piece of pieces) free(piece);
  const before = Deno.memoryUsage().rss;
  await new Reclaimer(() => ({ ...memoryCalls, maps: () => "" })).look();
  const freed = before - Deno.memoryUsage().rss;
  assert(freed > PIECES * Number(PIECE) / 2, `${freed} bytes went back`);
  free(last);
  library.close();
});

Deno.test("a process that did not grow since is left alone", async () => {
  const { calls, done } = counted();
  const reclaimer = new Reclaimer(() => calls);
  await reclaimer.look();
  await reclaimer.look();
  assert.deepEqual(done, ["maps", "trim", "letGo"]);
  const grown = new Uint8Array(64 * 1024 * 1024).fill(1);
  await reclaimer.look();
  assert.deepEqual(done, ["maps", "trim", "letGo", "trim", "letGo"]);
  assert.equal(grown.at(-1), 1);
});

Deno.test("looks while one is under way begin nothing", async () => {
  const { calls, done } = counted();
  const trimmed = Promise.withResolvers<void>();
  const reclaimer = new Reclaimer(() => ({
    ...calls,
    trim: () => trimmed.promise,
  }));
  const first = reclaimer.look();
  await reclaimer.look();
  assert.deepEqual(done, ["maps"]);
  trimmed.resolve();
  await first;
  assert.deepEqual(done, ["maps", "letGo"]);
});

Deno.test("where it cannot be done it is tried once, and nobody hears of it", async () => {
  let opened = 0;
  const reclaimer = new Reclaimer(() => {
    opened++;
    throw new Error("another C library");
  });
  await reclaimer.look();
  await reclaimer.look();
  assert.equal(opened, 1);
});

/** Calls that only write down that they were made. */
function counted(): { calls: MemoryCalls; done: string[] } {
  const done: string[] = [];
  const calls: MemoryCalls = {
    maps: () => {
      done.push("maps");
      return "1000-2000 r-xp 00000000 fe:00 7 /program\n";
    },
    letGo: () => Promise.resolve(done.push("letGo")),
    trim: () => Promise.resolve(done.push("trim")),
  };
  return { calls, done };
}
