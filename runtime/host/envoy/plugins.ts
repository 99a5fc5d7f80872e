/** Plugins of a file of Envoy's shape as functions of a host. */
import type {
  CodeSource,
  EnvoyNode,
  PluginConfig,
} from "../../config/envoy/model.ts";
import { type Layer } from "../../settings/layers.ts";
import { resolveFunction } from "../../settings/resolve.ts";
import type { ClusterConfig } from "../../upstream/cluster_config.ts";
import { readModule } from "../admin.ts";
import { buildFunction } from "../build_function.ts";
import type { NewFunction } from "../pod_options.ts";

/** Envoy's own: what a connection buffers, and how long a stream may be idle. */
export const BUFFER_LIMIT = 1024 * 1024;
const STREAM_IDLE = 300_000;

export class PluginBuilder {
  readonly #pod: string;
  readonly #outside: readonly Layer[];
  readonly #clusters: Readonly<Record<string, ClusterConfig>>;
  readonly #code = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();
  readonly #node: EnvoyNode;
  #count = 0;

  /** `outside`: what flags and environment say of all functions. */
  constructor(
    pod: string,
    outside: readonly Layer[],
    clusters: Readonly<Record<string, ClusterConfig>>,
    node: EnvoyNode,
  ) {
    this.#node = node;
    this.#pod = pod;
    this.#outside = outside;
    this.#clusters = clusters;
  }

  /** @throws {Error} the module cannot be read, or is no plugin. */
  async build(plugin: PluginConfig): Promise<NewFunction> {
    // Names need not differ, and one plugin may stand in several places.
    const container = `${++this.#count}/${plugin.name}`;
    const path = pathOf(plugin.code);
    const built = await buildFunction({
      key: { pod: this.#pod, container, exec: "" },
      name: plugin.name || path,
      path,
      bytes: await this.#bytesOf(plugin.code),
      settings: resolveFunction([...this.#outside]).values,
      clusters: this.#clusters,
      vmConfiguration: plugin.vmConfiguration,
      pluginConfiguration: plugin.configuration,
      args: [],
      env: Object.entries(plugin.environment)
        .map(([name, value]) => `${name}=${value}`),
      entry: "",
      preopens: [],
      roots: [],
      stdin: false,
    });
    if (built.spec.kind !== "plugin") {
      throw new Error(
        `${path}: exports no proxy_abi_version marker, expected a proxy-wasm plugin`,
      );
    }
    return withEnvoys(built, plugin, vmKeyOf(plugin, path), this.#node);
  }

  #bytesOf(code: CodeSource): Promise<Uint8Array<ArrayBuffer>> {
    if (code.kind === "bytes") return Promise.resolve(code.bytes.slice());
    let bytes = this.#code.get(code.path);
    if (bytes === undefined) {
      this.#code.set(code.path, bytes = readModule(code.path));
    }
    return bytes;
  }
}

/** What the file says beyond what settings can. */
function withEnvoys(
  built: NewFunction,
  plugin: PluginConfig,
  vm: string,
  node: EnvoyNode,
): NewFunction {
  const { spec } = built;
  return {
    ...built,
    spec: {
      ...spec,
      layotto: false,
      vm,
      failOpen: plugin.onFailure === "open",
      bodyLimit: BUFFER_LIMIT,
      requestTimeout: STREAM_IDLE,
      plugin: {
        ...spec.plugin,
        pluginName: plugin.name,
        rootId: plugin.rootId,
        vmId: plugin.vmId,
        capabilities: plugin.allowedCapabilities,
        headersAlone: plugin.headersAlone,
        node,
      },
    },
  };
}

/** Plugins of equal VM id, code and VM configuration share a VM. */
function vmKeyOf(plugin: PluginConfig, path: string): string {
  const { vmId, code, vmConfiguration, environment } = plugin;
  const bytes = code.kind === "bytes" ? code.bytes : path;
  return JSON.stringify([
    vmId,
    typeof bytes === "string" ? bytes : Array.from(bytes),
    Array.from(vmConfiguration),
    environment,
  ]);
}

function pathOf(code: CodeSource): string {
  return code.kind === "file" ? code.path : "inline code";
}
