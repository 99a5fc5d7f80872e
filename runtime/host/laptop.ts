/** The host alone, without a shim: `layotto start`. */
import type { StreamKind } from "../../abi/host.ts";
import { ConfigError } from "../settings/problems.ts";
import { feed, streamKinds } from "./stdin.ts";
import { StateStores } from "../components/state/stores.ts";
import {
  type FunctionConfig,
  type HostConfig,
  parseConfig,
} from "../config/config.ts";
import { InputWindow } from "../control/input_window.ts";
import { checkFolders } from "../config/command.ts";
import type { HostFunction } from "../function/function.ts";
import type { Listener } from "../ingress/listener.ts";
import { Logger } from "../log.ts";
import { environmentLayer, flagLayer, type Layer } from "../settings/layers.ts";
import { resolveFunction, resolveHost } from "../settings/resolve.ts";
import type { HostSettings } from "../settings/table.ts";
import { PodAdmin, readModule } from "./admin.ts";
import { buildFunction } from "./build_function.ts";
import { chainListener } from "./chain.ts";
import { layottoPairs } from "./layotto_pairs.ts";
import { ownStreams } from "./own_streams.ts";
import { Pod } from "./pod.ts";
import type { Sink } from "./pod_options.ts";
import { startRounds } from "./rounds.ts";
import { openServers } from "./servers.ts";
import { withDefaultStores } from "./stores.ts";

export interface LaptopOptions {
  /** The configuration file's path and text; absent: no function, only what is installed later. */
  config?: { path: string; text: string };
  /** Settings by name, as flags gave them. */
  flags: Record<string, string>;
  /** The environment; `LAYOTTO_…` variables are settings. */
  env: Record<string, string>;
  /** This process's stdin, for a command that is the only function; it has none unless given. */
  stdin?: () => ReadableStream<Uint8Array>;
  /** Where the functions' output and log lines go; the process's own streams unless given. */
  sink?: Sink;
  /** Puts into the stores what functions are to find there; no request is taken before it is done. */
  fill?(stores: StateStores): Promise<void>;
}

export interface RunningHost {
  summary: {
    functions: { id: string; path: string }[];
    httpPort: number;
    adminPort: number;
    actuatorPort: number;
    /** Folder of the embedded store. */
    data: string;
  };
  stores: StateStores;
  stop(): Promise<void>;
  /** Resolves with an exit status when nothing is left to run: every function was a command and ended. */
  finished: Promise<number>;
}

const POD = "local";

/**
 * Starts every function of the configuration.
 * @throws {ConfigError} a setting or file that is wrong; {Error} a module that cannot run or an address that is taken.
 */
export async function startLaptop(
  options: LaptopOptions,
): Promise<RunningHost> {
  const config = options.config && readConfig(options.config);
  const outside = [flagLayer(options.flags), environmentLayer(options.env)];
  const { values: settings } = resolveHost([...outside, config?.settings]);
  const log = new Logger(
    (line) => Deno.stderr.writeSync(encoder.encode(line)),
    settings["log-level"],
  );
  for (const notice of config?.notices ?? []) log.info(notice);
  const data = settings.data || `${Deno.cwd()}/.layotto`;
  const stores = new StateStores(withDefaultStores(config?.state ?? {}), {
    data,
    appId: config?.appId ?? "",
    log,
  });
  const finished = Promise.withResolvers<number>();
  const input = new InputWindow();
  const pod = new Pod({
    name: POD,
    settings,
    stores,
    clusters: config?.clusters ?? {},
    log,
    several: (config?.functions.length ?? 0) !== 1,
    together: config?.chain && togetherAt(settings),
    sink: {
      ...options.sink ?? ownStreams(),
      inputTaken: (_key, bytes) => input.taken(bytes),
    },
    exited: (fn, status, reason) =>
      ended(pod, fn, status, reason, finished.resolve),
    wedged: (fn) =>
      log.error(
        `function ${fn.id} does not leave its loop; only the end of this process stops it`,
      ),
  });
  const listeners: Listener[] = [];
  const endRounds = startRounds(pod, log);
  const stop = async () => {
    endRounds();
    await Promise.all(listeners.map((listener) => listener.close()));
    await pod.close();
  };
  try {
    listeners.push(...openServers(pod, new PodAdmin(pod), settings));
    const wanted = config?.functions ?? [];
    // Stdin is one function's, if it is the only one.
    const stdin = wanted.length === 1 ? options.stdin : undefined;
    for (const fn of wanted) {
      const streams = stdin && streamKinds();
      await addFunction(pod, fn, outside, config?.settings, streams);
    }
    const commandsOnly = pod.functions.length > 0 &&
      pod.functions.every((fn) => fn.spec.kind === "command");
    const functions = pod.functions;
    await options.fill?.(stores);
    const httpPort = commandsOnly
      ? 0
      : config?.chain
      ? await pod.serve(chainListener(config.chain, functions, settings))
      : await pod.listen();
    for (const fn of functions) await pod.start(fn);
    const [first] = functions;
    if (stdin && first?.spec.kind === "command") {
      feed(first, stdin(), input);
    }
    const [adminPort = 0, actuatorPort = 0] = listeners.map((listener) =>
      listener.port
    );
    const summary = {
      functions: functions.map(({ id, path }) => ({ id, path })),
      httpPort,
      adminPort,
      actuatorPort,
      data,
    };
    return { summary, stores, stop, finished: finished.promise };
  } catch (error) {
    await stop();
    throw error;
  }
}

const encoder = new TextEncoder();

/** The functions of a chain share one isolate. */
function togetherAt(
  { "http-address": address, "http-port": port }: HostSettings,
): { isolates: number; addresses: string[] } {
  const host = address.includes(":") ? `[${address}]` : address;
  return { isolates: 1, addresses: [`${host}:${port}`] };
}

function readConfig(
  { path, text }: { path: string; text: string },
): HostConfig {
  const cwd = Deno.cwd();
  const absolute = path.startsWith("/") ? path : `${cwd}/${path}`;
  const folder = absolute.slice(0, absolute.lastIndexOf("/")) || "/";
  return parseConfig(text, {
    file: path,
    folder,
    cwd,
    cpus: navigator.hardwareConcurrency,
  });
}

async function addFunction(
  pod: Pod,
  config: FunctionConfig,
  outside: Layer[],
  file: Layer | undefined,
  streams: StreamKind[] | undefined,
): Promise<void> {
  const { mounts = [] } = config.command ?? {};
  const { values: settings } = resolveFunction([
    ...outside,
    config.settings,
    file,
  ]);
  try {
    await checkFolders(mounts);
    await pod.add(
      await buildFunction({
        key: { pod: POD, container: config.name, exec: "" },
        name: config.name,
        path: config.path,
        bytes: await readModule(config.path),
        settings,
        clusters: pod.options.clusters,
        vmConfiguration: config.layotto &&
          layottoPairs(config.layotto.vmFields),
        pluginConfiguration: config.layotto &&
          layottoPairs(config.layotto.pluginFields),
        args: [config.path, ...config.command?.args ?? []],
        env: config.command?.env ?? [],
        entry: "",
        preopens: mounts.map(({ path, readOnly }) => ({ path, readOnly })),
        roots: mounts.map(({ root }) => root),
        stdin: streams !== undefined,
        streams,
      }),
    );
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new Error(`${config.place}: ${(error as Error).message}`);
  }
}

async function ended(
  pod: Pod,
  fn: HostFunction,
  status: number,
  reason: string,
  finished: (status: number) => void,
): Promise<void> {
  pod.log(
    fn,
    status === 0 ? "info" : "error",
    `ended with status ${status}${reason ? `: ${reason}` : ""}`,
  );
  await pod.stop(fn);
  if (pod.functions.length > 0) return;
  // The process ends on this, and what it has not written by then is lost.
  await pod.options.sink.flushed?.();
  finished(status);
}
