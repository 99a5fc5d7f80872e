/** `layotto start -c envoy.yaml`: a plugin author's Envoy file, run without Envoy. */
import { loadEnvoy } from "../runtime/config/envoy/load.ts";
import { readLogFlags } from "../runtime/envoy_log.ts";
import {
  type RunningEnvoyHost,
  startEnvoy,
} from "../runtime/host/envoy/start.ts";
import { VERSION } from "../runtime/version.ts";
import type { EnvoyFlags } from "./envoy_flags.ts";

export interface EnvoyStart {
  /** The file as it was named, and its text. */
  readonly path: string;
  readonly text: string;
  readonly flags: Record<string, string>;
  readonly envoyFlags: EnvoyFlags;
  readonly env: Record<string, string>;
  /** Resolves with an exit status when it is to stop. */
  readonly stopped: Promise<number>;
}

/**
 * Runs what the file asks for until it is stopped.
 * @throws {ConfigError} what is wrong with the file or the flags; {Error} a plugin or an address that fails.
 */
export async function runEnvoy(options: EnvoyStart): Promise<number> {
  const { path, flags, env } = options;
  const { components, level } = options.envoyFlags;
  const given = components !== undefined || level !== undefined;
  const log = given
    ? readLogFlags({ components, level: level ?? flags["log-level"] })
    : undefined;
  const config = await loadEnvoy(path, options.text);
  const host = await startEnvoy({ config, path, flags, env, log });
  try {
    console.log(told(host));
    return await options.stopped;
  } finally {
    await host.stop();
  }
}

/** What listens where. */
function told({ listeners, admin }: RunningEnvoyHost): string {
  const at = (host: string, port: number) =>
    `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return [
    `Layotto ${VERSION} runs`,
    ...listeners.map(({ name, host, port }) =>
      `  listener ${name}  ${at(host, port)}`
    ),
    ...admin === undefined
      ? []
      : [`  admin     http://${at(admin.host, admin.port)}/stats`],
    "",
    "Ctrl-C stops it.",
  ].join("\n");
}
