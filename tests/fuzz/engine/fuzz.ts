/**
 * A small fuzzer. Every run tries the same inputs in the same order: the seeds that once failed, the corpus, then
 * mutations of both and random bytes. Time only decides how many: 2 s for each target, `LAYOTTO_FUZZ_SECONDS` for other
 * runs, and never fewer than the target's minimum. `LAYOTTO_FUZZ_SEED` begins at other mutations; it is 1 unless given.
 */
import { mutated, randomBytes } from "./mutate.ts";
import { type Random, randomSource } from "./random.ts";
import { seedLine, seedsOf } from "./seeds.ts";

/** One thing that parses bytes. */
export interface Target {
  /** Of the test, as a sentence. */
  says: string;
  /** Of the file with its seeds. */
  name: string;
  /** What is worth mutating. */
  corpus: readonly Uint8Array[];
  /** Inputs tried however slow the machine is. */
  minimum: number;
  /** Throws where an invariant does not hold; true: worth mutating further. */
  run(input: Uint8Array): boolean | void | Promise<boolean | void>;
  /** Most bytes of an input that is random from its first byte; 64 unless given. */
  most?: number;
}

const DEFAULT_SECONDS = 2;
/** Inputs that a run found worth mutating. */
const MAX_FOUND = 256;
/** Attempts at making a failing input smaller. */
const MAX_SHRINKS = 400;

/** Registers the test of a target. */
export function fuzz(target: Target): void {
  Deno.test(target.says, async () => {
    const tried = await tryInputs(target, {
      seed: Number(Deno.env.get("LAYOTTO_FUZZ_SEED") ?? 1),
      milliseconds: 1000 *
        Number(Deno.env.get("LAYOTTO_FUZZ_SECONDS") ?? DEFAULT_SECONDS),
    });
    if (Deno.env.has("LAYOTTO_FUZZ_SECONDS")) {
      const { inputs, milliseconds } = tried;
      const rate = Math.round(1000 * inputs / milliseconds);
      console.log(`${target.name}: ${inputs} inputs, ${rate} per second`);
    }
  });
}

export interface Tried {
  inputs: number;
  milliseconds: number;
}

/** @throws {Error} with the line for the seeds' file where an input fails. */
export async function tryInputs(
  target: Target,
  { seed, milliseconds }: { seed: number; milliseconds: number },
): Promise<Tried> {
  const began = performance.now();
  const seeds = seedsOf(target.name);
  const known = [...seeds, ...target.corpus];
  const first = known.length;
  const random = randomSource(seed);
  let inputs = 0;
  for (; inputs < first; inputs++) await attempt(target, known[inputs]!);
  while (
    inputs < target.minimum || performance.now() - began < milliseconds
  ) {
    const input = nextInput(random, known, target.most ?? 64);
    const found = await attempt(target, input);
    inputs++;
    if (!found) continue;
    if (known.length < first + MAX_FOUND) known.push(input);
    else known[first + random(MAX_FOUND)] = input;
  }
  return { inputs, milliseconds: performance.now() - began };
}

function nextInput(
  random: Random,
  known: readonly Uint8Array[],
  most: number,
): Uint8Array {
  if (known.length === 0 || random(8) === 0) return randomBytes(random, most);
  const base = known[random(known.length)]!;
  return mutated(random, base, known[random(known.length)]!);
}

async function attempt(
  target: Target,
  input: Uint8Array,
): Promise<boolean | void> {
  try {
    // A promise costs more than most inputs do.
    const result = target.run(input.slice());
    return result instanceof Promise ? await result : result;
  } catch (error) {
    const small = await shrunk(target, input);
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `an input failed; keep it in tests/fuzz/seeds/${target.name}.txt as this line:\n${
        seedLine(small, why)
      }`,
      { cause: error },
    );
  }
}

/** A shorter input that fails too, for a reader's sake. */
async function shrunk(
  target: Target,
  input: Uint8Array,
): Promise<Uint8Array> {
  let best = input;
  let left = MAX_SHRINKS;
  for (let step = best.length >> 1; step > 0; step >>= 1) {
    for (let at = 0; at < best.length && left > 0; left--) {
      const smaller = new Uint8Array([
        ...best.subarray(0, at),
        ...best.subarray(at + step),
      ]);
      if (await fails(target, smaller)) best = smaller;
      else at += step;
    }
  }
  return best;
}

async function fails(target: Target, input: Uint8Array): Promise<boolean> {
  try {
    await target.run(input.slice());
    return false;
  } catch {
    return true;
  }
}
