/** A host that runs a file of Envoy's shape: its listeners, plugins and clusters, without Envoy. */
import { handleEnvoyAdmin } from "../../api/envoy_admin.ts";
import { guestStats } from "../../api/guest_stats.ts";
import { StateStores } from "../../components/state/stores.ts";
import type {
  EnvoyConfig,
  EnvoyListener,
  PluginRef,
} from "../../config/envoy/model.ts";
import { type EnvoyLogFlags, envoyLogLine } from "../../envoy_log.ts";
import type { HostFunction } from "../../function/function.ts";
import { openApi } from "../../api/serve.ts";
import type { Listener } from "../../ingress/listener.ts";
import { Logger } from "../../log.ts";
import { environmentLayer, flagLayer } from "../../settings/layers.ts";
import { resolveHost } from "../../settings/resolve.ts";
import { VERSION } from "../../version.ts";
import { ownStreams } from "../own_streams.ts";
import { Pod } from "../pod.ts";
import type { Sink } from "../pod_options.ts";
import { startRounds } from "../rounds.ts";
import { withDefaultStores } from "../stores.ts";
import { clustersOf } from "./clusters.ts";
import { BUFFER_LIMIT, PluginBuilder } from "./plugins.ts";

export interface EnvoyHostOptions {
  config: EnvoyConfig;
  /** The file, as it was named. */
  path: string;
  flags: Record<string, string>;
  env: Record<string, string>;
  /** Set where plugins' lines are to look as Envoy writes them. */
  log?: EnvoyLogFlags;
  sink?: Sink;
}

export interface RunningEnvoyHost {
  /** Those that listen, with the port that each got. */
  listeners: { name: string; host: string; port: number }[];
  admin: { host: string; port: number } | undefined;
  stop(): Promise<void>;
}

const POD = "local";
const encoder = new TextEncoder();

/** @throws {Error} naming the plugin's place, or the address that cannot be had. */
export async function startEnvoy(
  options: EnvoyHostOptions,
): Promise<RunningEnvoyHost> {
  const { config } = options;
  const outside = [
    flagLayer(withLogLevel(options)),
    environmentLayer(options.env),
  ];
  const { values: settings } = resolveHost(outside);
  const log = new Logger(
    (line) => Deno.stderr.writeSync(encoder.encode(line)),
    settings["log-level"],
  );
  for (const notice of config.notices) log.info(notice);
  const clusters = clustersOf(config.clusters);
  const pod = new Pod({
    name: POD,
    settings,
    stores: new StateStores(withDefaultStores({}), {
      data: settings.data || `${Deno.cwd()}/.layotto`,
      appId: "",
      log,
    }),
    clusters,
    log,
    several: false,
    together: { isolates: 1, addresses: addressesOf(config) },
    sink: options.sink ?? ownStreams(),
    pluginLine: options.log && envoyLine,
    exited: (fn, _status, reason) =>
      pod.log(fn, "error", `the plugin ended: ${reason}`),
    wedged: (fn) => log.error(`plugin ${fn.name} does not leave its loop`),
  });
  const host = new EnvoyHost(pod, options, outside);
  try {
    await host.start();
    return host;
  } catch (error) {
    await host.stop();
    throw error;
  }
}

class EnvoyHost implements RunningEnvoyHost {
  readonly listeners: RunningEnvoyHost["listeners"] = [];
  admin: RunningEnvoyHost["admin"];
  readonly #pod: Pod;
  readonly #options: EnvoyHostOptions;
  readonly #builder: PluginBuilder;
  readonly #started = performance.now();
  readonly #endRounds: () => void;
  #admin: Listener | undefined;

  constructor(
    pod: Pod,
    options: EnvoyHostOptions,
    outside: ConstructorParameters<typeof PluginBuilder>[1],
  ) {
    this.#pod = pod;
    this.#options = options;
    this.#builder = new PluginBuilder(
      POD,
      outside,
      pod.options.clusters,
      options.config.node,
    );
    this.#endRounds = startRounds(pod, pod.options.log);
  }

  async start(): Promise<void> {
    const { listeners, services, admin } = this.#options.config;
    for (const { plugin } of services) await this.#add({ plugin });
    const chains: number[][] = [];
    for (const listener of listeners) {
      const filters = listener.kind === "http"
        ? listener.filters
        : listener.networkFilters;
      const functions: number[] = [];
      for (const filter of filters) {
        functions.push((await this.#add(filter)).fn);
      }
      chains.push(functions);
    }
    for (const [i, listener] of listeners.entries()) {
      await this.#serve(listener, chains[i]!);
    }
    if (admin === undefined) return;
    this.#admin = openApi(
      admin.host,
      admin.port,
      (request) => handleEnvoyAdmin(request, this.#adminSource()),
    );
    this.admin = { host: admin.host, port: this.#admin.port };
  }

  async stop(): Promise<void> {
    this.#endRounds();
    await this.#admin?.close();
    await this.#pod.close();
  }

  /** @throws {Error} naming the plugin's place in the file. */
  async #add({ plugin }: Pick<PluginRef, "plugin">): Promise<HostFunction> {
    try {
      const fn = await this.#pod.add(await this.#builder.build(plugin));
      await this.#pod.start(fn);
      return fn;
    } catch (error) {
      throw new Error(`${plugin.place}: ${(error as Error).message}`);
    }
  }

  async #serve(listener: EnvoyListener, functions: number[]): Promise<void> {
    const { name, address: { host, port } } = listener;
    const [owner] = this.#pod.functions;
    if (owner === undefined) {
      throw new Error(
        `${this.#options.path}: found no wasm plugin, expected at least one`,
      );
    }
    const common = {
      hostname: host,
      port,
      functions,
      owner: owner.fn,
      clusters: Object.keys(this.#pod.options.clusters),
      limit: BUFFER_LIMIT,
      shared: false,
    };
    const bound = await this.#pod.serve(
      listener.kind === "http"
        ? {
          ...common,
          kind: "http",
          routes: listener.routes,
          trailers: listener.trailers,
        }
        : {
          ...common,
          kind: "tcp",
          upstreams: [...listener.proxy.clusters],
        },
    );
    this.listeners.push({ name, host, port: bound });
  }

  #adminSource() {
    const { config, path } = this.#options;
    return {
      listeners: () => this.listeners,
      state: () => "LIVE" as const,
      stats: () => guestStats(this.#pod.shared.metrics()),
      node: config.node,
      version: VERSION,
      uptime: () => performance.now() - this.#started,
      configPath: path,
    };
  }
}

/** Plugins' lines below what the flags ask for are not even sent by their isolates. */
function withLogLevel(
  { flags, log }: EnvoyHostOptions,
): Record<string, string> {
  if (log === undefined) return flags;
  const level = log.plugins === "off" ? "critical" : log.plugins;
  return { ...flags, "log-level": level };
}

function envoyLine(
  { spec: { plugin } }: HostFunction,
  level: Parameters<typeof envoyLogLine>[0]["level"],
  message: string,
  stream: boolean,
): string {
  const { pluginName, rootId, vmId } = plugin;
  return envoyLogLine({
    level,
    message,
    pluginName: stream ? pluginName : undefined,
    rootId,
    vmId,
  }, Deno.pid);
}

function addressesOf({ listeners }: EnvoyConfig): string[] {
  return listeners.map(({ address: { host, port } }) =>
    host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`
  );
}
