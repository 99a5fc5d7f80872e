/** Our host alone, as `layotto start` of the built program runs it. */
import type { Bench } from "./bench.ts";
import { Server } from "./server.ts";

/** The short configuration shape: functions by name, and stores. */
export interface Config {
  functions: Record<string, string | Record<string, unknown>>;
  state?: Record<string, string>;
}

/** Starts it on free ports, or on those of `at`. `data` is the folder of the embedded store. */
export async function startLayotto(
  bench: Bench,
  config: Config,
  data = `${bench.folder}/data`,
  at: { admin?: number; actuator?: number } = {},
): Promise<Server> {
  const file = `${bench.folder}/${crypto.randomUUID()}.json`;
  await Deno.writeTextFile(file, JSON.stringify(config));
  const ports = Object.entries({ http: 0, admin: 0, actuator: 0, ...at })
    .flatMap(([name, port]) => [`--${name}-port`, `${port}`]);
  return await Server.start(
    [bench.layotto, "start", "--config", file, "--data", data, ...ports],
    /functions\s+http:\/\/127\.0\.0\.1:(\d+)/,
  );
}

/** Starts a script of `bench/baselines` that prints its port. */
export async function startBare(bench: Bench, path: string): Promise<Server> {
  return await Server.start(
    [bench.deno, ...BARE_FLAGS, path],
    /^(\d+)\n/,
  );
}

/** How a bare Deno program is run: nothing is looked for but its file. */
export const BARE_FLAGS = [
  "run",
  "--quiet",
  "--no-config",
  "--no-lock",
  "--cached-only",
  "--allow-all",
];
