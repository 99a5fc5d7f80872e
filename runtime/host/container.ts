/** A pod as the shim describes it: settings from annotations and files, functions from containers. */
import { fileError, resolveInside } from "../broker/resolve.ts";
import { StateStores } from "../components/state/stores.ts";
import type { HostConfig } from "../config/config.ts";
import { ConfigError } from "../settings/problems.ts";
import type { ContainerSpec, Key, PodSpec } from "../control/messages.ts";
import type { Logger } from "../log.ts";
import {
  annotationLayers,
  environmentLayer,
  type Layer,
} from "../settings/layers.ts";
import { resolveFunction, resolveHost } from "../settings/resolve.ts";
import type { HostSettings } from "../settings/table.ts";
import type { ClusterConfig } from "../upstream/cluster_config.ts";
import { buildFunction } from "./build_function.ts";
import type { NewFunction } from "./pod_options.ts";
import { withDefaultStores } from "./stores.ts";

/** Where the node and a pod have their configuration files. */
const CONFIG_PATH = "/etc/layotto/config.json";

const ENOENT = 44;
const ENOTDIR = 54;

/** What a pod's settings come from, read when its first container arrives. */
export interface PodConfig {
  settings: HostSettings;
  stores: StateStores;
  /** Services that functions call by name. */
  clusters: Readonly<Record<string, ClusterConfig>>;
  node: HostConfig | undefined;
}

/** @throws {ConfigError} a wrong annotation, environment or file, named. */
export async function readPodConfig(
  spec: PodSpec,
  first: ContainerSpec,
  log: Logger,
): Promise<PodConfig> {
  const node = spec.nodeConfig === ""
    ? undefined
    : await parse(spec.nodeConfig, `node's ${CONFIG_PATH}`, true);
  const pod = await readPodFile(first);
  if (pod?.chain ?? node?.chain) {
    throw new ConfigError([
      `${CONFIG_PATH}: chain: the functions of a pod are its containers, which come one by one; expected no chain, or one pod for each function with the next as its upstream`,
    ]);
  }
  const { values: settings } = resolveHost(
    [
      environmentLayer(envOf(first)),
      ...annotationLayers(spec.annotations),
      pod?.settings,
      node?.settings,
    ],
    node?.ceiling,
  );
  for (const notice of [...node?.notices ?? [], ...pod?.notices ?? []]) {
    log.info(notice);
  }
  const stores = new StateStores(
    withDefaultStores({ ...node?.state, ...pod?.state }),
    {
      data: settings.data || spec.data,
      appId: pod?.appId || node?.appId || "",
      log,
    },
  );
  const clusters = { ...node?.clusters, ...pod?.clusters };
  return { settings, stores, clusters, node };
}

/** A container's function. @throws {Error} naming the module's path or the setting. */
export async function readContainer(
  key: Key,
  spec: ContainerSpec,
  module: Uint8Array<ArrayBuffer>,
  { node, clusters }: Pick<PodConfig, "node" | "clusters">,
): Promise<NewFunction> {
  const pod = await readPodFile(spec);
  const layers: (Layer | undefined)[] = [
    environmentLayer(envOf(spec)),
    ...annotationLayers(spec.annotations, spec.name),
    pod?.settings,
    node?.settings,
  ];
  const { values: settings } = resolveFunction(layers, node?.ceiling);
  const [path = "", entry = ""] = (spec.args[0] ?? "").split("#");
  return await buildFunction({
    key,
    name: spec.name,
    path,
    bytes: module,
    settings,
    clusters,
    instanceCeiling: node?.ceiling?.caps.get("instances"),
    args: [path, ...spec.args.slice(1)],
    env: withFolder(spec),
    entry,
    preopens: spec.tree === "" ? [] : [{ path: "/", readOnly: false }],
    roots: spec.tree === "" ? [] : [spec.tree],
    stdin: spec.stdin,
    streams: Array(3).fill(spec.terminal ? "terminal" : "pipe"),
  });
}

/**
 * The environment with the container's folder as `PWD`, which is where Go's programs look for it; C's library has no
 * current folder but `/` (abi/RATIONALE.md).
 */
function withFolder({ env, cwd }: ContainerSpec): string[] {
  const said = env.some((entry) => entry.startsWith("PWD="));
  return said || cwd === "" || cwd === "/" ? env : [...env, `PWD=${cwd}`];
}

/** A ConfigMap mounted at `/etc/layotto/config.json`, if there is one. */
async function readPodFile(
  spec: ContainerSpec,
): Promise<HostConfig | undefined> {
  if (spec.tree === "") return undefined;
  let text: string;
  try {
    // Symlinks are followed inside the container's tree only: an image must not show us the node's files.
    text = await Deno.readTextFile(
      await resolveInside(spec.tree, CONFIG_PATH, true),
    );
  } catch (error) {
    const { errno } = fileError(error);
    if (errno === ENOENT || errno === ENOTDIR) return undefined;
    throw new Error(
      `${CONFIG_PATH} of container ${spec.name}: ${(error as Error).message}`,
    );
  }
  return await parse(text, `${CONFIG_PATH} of container ${spec.name}`, false);
}

/** Loads what reads configuration files, which most pods do without. */
async function parse(
  text: string,
  file: string,
  node: boolean,
): Promise<HostConfig> {
  const { parseConfig } = await import("../config/config.ts");
  return parseConfig(text, {
    file,
    folder: "/etc/layotto",
    cwd: "/",
    cpus: navigator.hardwareConcurrency,
    node,
  });
}

function envOf(spec: ContainerSpec): Record<string, string> {
  return Object.fromEntries(spec.env.map((entry) => {
    const at = entry.indexOf("=");
    return at < 0 ? [entry, ""] : [entry.slice(0, at), entry.slice(at + 1)];
  }));
}
