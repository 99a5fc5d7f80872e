/**
 * How this program was packaged, and so how it starts itself again. The only module that knows: run from source,
 * bundled beside a `deno` executable, or made by `deno compile` (DESIGN, decision 9).
 */

/** What our JavaScript needs allowed, however it was packaged. */
export const CODE_FLAGS: readonly string[] = [
  "--allow-all",
  "--unstable-net",
  "--unstable-worker-options",
  // V8 would let young objects grow to 16 MB in each isolate before it looks which of them live: 13 MB more after a
  // load, and no faster. `collect` of `memory/collect.ts` wants the collector named. Compiling wasm on all cores at once
  // holds up those who wait for it: a Go module of 5 MB is ready in 110 ms and not 157, its next instance in 13, not 19.
  "--v8-flags=--max-semi-space-size=2,--expose-gc,--wasm-num-compilation-tasks=1",
];

/**
 * Keeps Deno from parsing the faces of `main.ts` that are not asked for before it runs the one that is (4 ms of a
 * shim's `start`). For bundles alone: `deno compile` would leave those faces out of the program, and run from source a
 * worker without read permission could not import what is only known once it runs.
 */
const LAZY = "--unstable-lazy-dynamic-imports";

/** How a `deno` executable runs the bundles of a build; the launcher of the self-extracting file has the same. */
export const RUN_FLAGS: readonly string[] = [
  "run",
  "--quiet",
  "--no-config",
  "--no-lock",
  "--cached-only",
  ...CODE_FLAGS,
  LAZY,
];

/** Whether this runs from the TypeScript sources and not from the bundles of a build. */
const fromSource = import.meta.url.endsWith(".ts");

/**
 * The command line that starts this program again with `args`.
 * @returns the executable and its arguments; run from source, the flags leave the configuration file to Deno.
 */
export function selfCommand(
  args: readonly string[],
): { path: string; args: string[] } {
  const path = Deno.execPath();
  if (Deno.build.standalone) return { path, args: [...args] };
  if (!fromSource) {
    return {
      path,
      args: [...RUN_FLAGS, fileBeside("./main.js"), ...args],
    };
  }
  const main = fileBeside("../main.ts");
  // Imported lazily, a source file would be read with the permissions of its isolate, which has none.
  const flags = CODE_FLAGS.filter((flag) => !flag.includes("lazy"));
  return { path, args: ["run", "--quiet", ...flags, main, ...args] };
}

/**
 * Environment that a process started by `selfCommand` wants where its own is cleared: without it Deno looks for a home
 * folder to cache in.
 */
export function selfEnv(): Record<string, string> {
  const env: Record<string, string> = { DENO_NO_UPDATE_CHECK: "1" };
  const cache = Deno.env.get("DENO_DIR");
  if (cache !== undefined) env.DENO_DIR = cache;
  return env;
}

/** How this program was made, as `-v` and `version` say it. */
export function packaging(): "compiled" | "self-extracting" | "source" {
  if (Deno.build.standalone) return "compiled";
  return fromSource ? "source" : "self-extracting";
}

/** The workers there are, by the name of their file. */
export const WORKERS = ["isolate_worker", "sqlite_worker"] as const;

/** Where the code of a worker lies. */
export function workerUrl(name: typeof WORKERS[number]): URL {
  const extension = fromSource ? "ts" : "js";
  return new URL(`./${name}.${extension}`, import.meta.url);
}

/** The path of a file named relative to this one; in a build all bundles lie in one folder. */
function fileBeside(relative: string): string {
  return decodeURIComponent(new URL(relative, import.meta.url).pathname);
}
