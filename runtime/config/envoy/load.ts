/** Reads a file of Envoy's shape together with the files that it names. */
import type { EnvoyOptions, FileAccess } from "./context.ts";
import type { EnvoyConfig } from "./model.ts";
import { parseEnvoy } from "./mod.ts";

/**
 * The configuration in `text`, the file at `path`, in this process's folder and environment.
 * @throws {ConfigError} with every problem, those of files that it names among them.
 */
export function loadEnvoy(path: string, text: string): Promise<EnvoyConfig> {
  const options: EnvoyOptions = {
    file: path,
    cwd: Deno.cwd(),
    env: Deno.env.toObject(),
    files: DISK,
  };
  return parseEnvoy(text, options);
}

const DISK: FileAccess = {
  read(path, limit) {
    const problem = problemOf(path);
    if (problem !== undefined) throw new Error(problem);
    const { size } = Deno.statSync(path);
    if (size > limit) {
      throw new Error(
        `found ${size} bytes in ${path}, expected at most ${limit}`,
      );
    }
    return Deno.readFileSync(path);
  },
  problem: problemOf,
};

function problemOf(path: string): string | undefined {
  try {
    return Deno.statSync(path).isFile
      ? undefined
      : `found no file at ${path}, expected one`;
  } catch (error) {
    return error instanceof Deno.errors.NotFound
      ? `there is no file ${path}`
      : `${path} cannot be read: ${
        error instanceof Error ? error.message : error
      }`;
  }
}
