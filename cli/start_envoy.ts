/** `layotto start -c envoy.yaml`: a plugin author's Envoy file. */
import { loadEnvoy } from "../runtime/config/envoy/load.ts";
import { readLogFlags } from "../runtime/envoy_log.ts";
import type { EnvoyFlags } from "./envoy_flags.ts";

/**
 * Reads the file and all that it names.
 * @param level the flag `--log-level`, where it was given.
 * @throws {ConfigError} what is wrong with it or with the flags; {Error} otherwise, since nothing serves it yet.
 */
export async function startEnvoy(
  file: string,
  text: string,
  flags: EnvoyFlags,
  level: string | undefined,
): Promise<never> {
  readLogFlags({ level: flags.level ?? level, components: flags.components });
  await loadEnvoy(file, text);
  throw new Error(
    `${file}: found a file of Envoy's shape without a mistake; this version reads such files and does not serve them: see it with layotto inspect --config ${file}`,
  );
}
