/** The release packaging: `deno compile`, which embeds the bundles in Deno's runtime. */
import { join } from "node:path";
import { CODE_FLAGS, WORKERS } from "../../runtime/self.ts";
import { run } from "./run.ts";

/**
 * Compiles the bundles in `folder` to the program `output`. Workers are named, since nothing imports them; the faces
 * and their shared files follow from the imports of `main.js`.
 * @param runtime The `denort` executable to use; without one, Deno takes DENORT_BIN or downloads it.
 * @throws when `deno compile` fails, with what it said.
 */
export async function compile(
  folder: string,
  output: string,
  runtime?: string,
): Promise<void> {
  const env: Record<string, string> = runtime ? { DENORT_BIN: runtime } : {};
  await run(
    Deno.execPath(),
    [
      "compile",
      "--quiet",
      "--no-check",
      "--no-config",
      "--no-lock",
      "--cached-only",
      ...CODE_FLAGS,
      ...WORKERS.flatMap((name) => ["--include", join(folder, `${name}.js`)]),
      "--output",
      output,
      join(folder, "main.js"),
    ],
    folder,
    env,
  );
}

/** Whether a failure of `compile` only says that the runtime could not be downloaded. */
export function isDownloadFailure(error: unknown): boolean {
  return error instanceof Error &&
    error.message.includes("Setting up base binary") &&
    error.message.includes("denort");
}
