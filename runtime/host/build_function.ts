/** From a module's bytes and its settings to what an isolate loads. */
import { LogLevel, type Preopen, type StreamKind } from "../../abi/host.ts";
import { outlineModule } from "../../abi/outline.ts";
import type { Key } from "../control/messages.ts";
import { levelNumber } from "../log.ts";
import { admitModule } from "../module/admit.ts";
import type { FunctionSettings } from "../settings/table.ts";
import type { ClusterConfig } from "../upstream/cluster_config.ts";
import { reachOf } from "../upstream/names.ts";
import type { NewFunction } from "./pod_options.ts";

/** Instances a function may grow to where no number is set: while they are suspended others take the requests. */
const ELASTIC = 256;

export interface FunctionSource {
  key: Key;
  /** Container name, or its name in a configuration file. */
  name: string;
  /** Where the module is, as errors name it. */
  path: string;
  bytes: Uint8Array<ArrayBuffer>;
  settings: FunctionSettings;
  /** Services of the configuration, which any function may call. */
  clusters: Readonly<Record<string, ClusterConfig>>;
  /** The node's cap on instances, if it has one; also binds where no number is set. */
  instanceCeiling?: number;
  /** In place of the settings' texts, where a file of Layotto's shape makes them of fields. */
  vmConfiguration?: Uint8Array;
  pluginConfiguration?: Uint8Array;
  args: string[];
  env: string[];
  entry: string;
  /** The guest's folders and what they stand for on this machine, by the same index. */
  preopens: Preopen[];
  roots: string[];
  stdin: boolean;
  /** What stdin, stdout and stderr are, for a command that asks; pipes unless given. */
  streams?: StreamKind[];
}

/** @throws {Error} naming the path, for a module that cannot run here; an upstream that is no cluster. */
export async function buildFunction(
  source: FunctionSource,
): Promise<NewFunction> {
  const { key, name, path, settings, roots } = source;
  let module: WebAssembly.Module;
  try {
    module = await admitModule(source.bytes);
    checkEntry(module, source.entry);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
  const { kind: found, exportsGetId } = outlineModule(module);
  const kind = found === "proxy-wasm" ? "plugin" : "command";
  const encoder = new TextEncoder();
  const fixed = settings.instances;
  const { reach, own } = reachOf(settings, source.clusters);
  return {
    key,
    name,
    path,
    module,
    roots,
    ownClusters: own,
    spec: {
      name,
      id: settings.id || name,
      kind,
      plugin: {
        rootId: settings["root-id"],
        pluginName: name,
        vmId: settings["vm-id"] || name,
        vmConfiguration: source.vmConfiguration ??
          encoder.encode(settings["vm-configuration"]),
        pluginConfiguration: source.pluginConfiguration ??
          encoder.encode(settings["plugin-configuration"]),
        env: source.env,
      },
      args: source.args,
      env: source.env,
      entry: source.entry,
      isolates: kind === "plugin" ? settings.isolates : 1,
      instances: Math.max(1, fixed),
      maxInstances: fixed > 0
        ? fixed
        : Math.min(ELASTIC, source.instanceCeiling ?? ELASTIC),
      requestTimeout: settings["request-timeout"],
      vm: "",
      layotto: kind === "plugin" &&
        followsLayotto(settings, exportsGetId),
      failOpen: false,
      bodyLimit: settings["body-limit"],
      logLevel: levelNumber(settings["log-level"]) as LogLevel,
      preopens: source.preopens,
      reach,
      streams: source.streams ?? ["pipe", "pipe", "pipe"],
      stdin: source.stdin,
    },
  };
}

function followsLayotto(
  { callbacks, upstream }: FunctionSettings,
  exportsGetId: boolean,
): boolean {
  return callbacks === "layotto" ||
    callbacks === "auto" && exportsGetId && upstream === "";
}

function checkEntry(module: WebAssembly.Module, entry: string): void {
  const { kind, functions } = outlineModule(module);
  if (kind === "proxy-wasm") return;
  const wanted = entry || "_start";
  if (!functions.includes(wanted)) {
    const found = functions.slice(0, 10).join(", ") || "no function";
    throw new Error(
      `exports no function ${wanted} to run, and no proxy_abi_version marker: found ${found}`,
    );
  }
}
