/** What the figures were measured on. */
export interface Machine {
  date: string;
  cpu: string;
  cores: number;
  kernel: string;
  deno: string;
  /** Runnable processes over the last minute: what else went on. */
  load: string;
  /** One read at random, nanoseconds: in what a second-level cache holds, and in 4 MB. */
  memory: { near: number; far: number };
}

const NEAR = 256 * 1024;
const FAR = 4 * 1024 * 1024;
/** Reads that are timed. */
const READS = 2_000_000;
/** Between two places that follow each other: a cache line. */
const LINE = 64 / Int32Array.BYTES_PER_ELEMENT;

export async function describeMachine(): Promise<Machine> {
  const cpus = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  return {
    date: `${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC`,
    cpu: /^model name\s*: (.*)$/m.exec(cpus)?.[1] ?? Deno.build.arch,
    cores: navigator.hardwareConcurrency,
    kernel: Deno.osRelease(),
    deno: Deno.version.deno,
    load: Deno.loadavg()[0]?.toFixed(1) ?? "unknown",
    memory: { near: readTime(NEAR), far: readTime(FAR) },
  };
}

/** Nanoseconds of a read whose address the one before it told, spread over so many bytes. */
function readTime(bytes: number): number {
  const next = new Int32Array(bytes / Int32Array.BYTES_PER_ELEMENT);
  const places = Array.from(
    { length: next.length / LINE },
    (_, i) => i * LINE,
  );
  // A cycle through all of them (Sattolo), so that nothing can be fetched ahead.
  for (let i = places.length - 1; i > 0; i--) {
    const j = Math.floor(Math.random() * i);
    [places[i], places[j]] = [places[j]!, places[i]!];
  }
  places.forEach((place, i) => next[place] = places[(i + 1) % places.length]!);
  let at = 0;
  for (let i = 0; i < places.length; i++) at = next[at]!;
  const began = performance.now();
  for (let i = 0; i < READS; i++) at = next[at]!;
  const took = performance.now() - began;
  // `at` is used, so that the reads are not left out.
  return at < 0 ? NaN : took / READS * 1e6;
}
