/**
 * How this program was packaged, and so how it starts itself again. The only module that knows: run from source,
 * bundled beside a `deno` executable, or made by `deno compile` (DESIGN, decision 9).
 */

/** Flags our own JavaScript wants wherever a `deno` executable runs it; `tools/build.ts` gives `deno compile` the same. */
const RUN_FLAGS = [
  "run",
  "--quiet",
  "--no-config",
  "--no-lock",
  "--cached-only",
  "--allow-all",
  "--unstable-net",
  "--unstable-worker-options",
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
      args: [...RUN_FLAGS, new URL(import.meta.url).pathname, ...args],
    };
  }
  const main = new URL("../main.ts", import.meta.url).pathname;
  return { path, args: ["run", "--quiet", "--allow-all", main, ...args] };
}

/** Where the code of function isolates and of the SQLite worker lies; the file picks its role by its `name`. */
export function workerUrl(): URL {
  return new URL(fromSource ? "./worker.ts" : "./worker.js", import.meta.url);
}
