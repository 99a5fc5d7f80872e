/** `layotto start`: a host on this machine, until Ctrl-C. */
import type { RunningHost } from "../runtime/host/laptop.ts";
import { environmentLayer } from "../runtime/settings/layers.ts";
import { parseFlags } from "../runtime/settings/flags.ts";
import { VERSION } from "../runtime/version.ts";
import { demoConfig, putDemoBook } from "./demo.ts";
import { refuseEnvoyFlags, splitEnvoyFlags } from "./envoy_flags.ts";
import { UsageError } from "./usage.ts";

/** What a process answers that a second Ctrl-C ended: 128 and the signal's number. */
const INTERRUPTED = 130;

/**
 * Runs until every function has ended, or until it is stopped by SIGINT or SIGTERM.
 * @returns 0 when stopped, else the last command's status.
 * @throws {ConfigError} a setting or a configuration that is wrong; {Error} a host that cannot start.
 */
export async function start(args: readonly string[]): Promise<number> {
  const envoyFlags = splitEnvoyFlags(args);
  const { settings: flags, rest } = parseFlags(envoyFlags.rest);
  if (rest.length > 0) {
    throw new UsageError(
      `found ${JSON.stringify(rest[0])}, expected flags alone`,
    );
  }
  const env = Deno.env.toObject();
  const path = flags.config ?? configOf(env);
  const demo = path === undefined;
  const file = path ?? demoConfig();
  const [{ startLaptop }, { readBounded }, { isEnvoyText }] = await Promise.all(
    [
      import("../runtime/host/laptop.ts"),
      import("../runtime/config/load.ts"),
      import("../runtime/config/envoy/detect.ts"),
    ],
  );
  const config = { path: file, text: await readBounded(file) };
  if (isEnvoyText(config.text)) {
    const { runEnvoy } = await import("./start_envoy.ts");
    const stopped = stopSignal();
    return await runEnvoy({ ...config, flags, envoyFlags, env, stopped });
  }
  refuseEnvoyFlags(envoyFlags);
  const stopped = stopSignal();
  const stdin = () => Deno.stdin.readable;
  const fill = demo ? putDemoBook : undefined;
  const host = await startLaptop({ config, flags, env, stdin, fill });
  try {
    tell(host, demo);
    return await Promise.race([stopped, host.finished]);
  } finally {
    await host.stop();
  }
}

/** The configuration file that the environment names, where it does. */
function configOf(env: Record<string, string>): string | undefined {
  return environmentLayer(env).values.get("config") as string | undefined;
}

/** Resolves with 0 at the first SIGINT or SIGTERM; the second ends the process at once. */
function stopSignal(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  let asked = false;
  const onSignal = () => {
    if (asked) Deno.exit(INTERRUPTED);
    asked = true;
    resolve(0);
  };
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  return promise;
}

/** Says what runs where. Commands keep stdout to themselves, so nothing is said where only they run. */
function tell(host: RunningHost, demo: boolean): void {
  const { functions, httpPort, adminPort, actuatorPort, data } = host.summary;
  if (httpPort === 0) return;
  const at = (port: number) => `http://127.0.0.1:${port}`;
  const lines = [
    `Layotto ${VERSION} runs`,
    ...functions.map(({ id, path }) => `  ${id}  ${path}`),
    "",
    `  functions  ${at(httpPort)}`,
    `  health     ${at(actuatorPort)}/actuator/health/readiness`,
    `  metrics    ${at(actuatorPort)}/metrics`,
    `  admin      ${at(adminPort)}/wasm/install`,
    `  data       ${data}`,
    "",
  ];
  const [first] = functions;
  if (first !== undefined) {
    const query = demo ? "?name=book1" : "";
    lines.push(
      "Try:",
      "",
      `  curl -H 'id: ${first.id}' '${at(httpPort)}/${query}'`,
      "",
    );
  }
  lines.push("Ctrl-C stops it.");
  console.log(lines.join("\n"));
}
