/** `envoy.config.bootstrap.v3.Bootstrap`: the file as a whole. */
import { show } from "../../settings/problems.ts";
import { type Check, isObject } from "../check.ts";
import { readAddress } from "./address.ts";
import { readExtension } from "./any.ts";
import { readCluster } from "./clusters.ts";
import type { EnvoyOptions } from "./context.ts";
import { type Fields, readMessage } from "./fields.ts";
import { readListener } from "./listeners.ts";
import type {
  Address,
  EnvoyCluster,
  EnvoyConfig,
  EnvoyListener,
  EnvoyNode,
  WasmService,
} from "./model.ts";
import { readConfig } from "./plugin.ts";
import { checkReferences } from "./references.ts";

const NO_NODE: EnvoyNode = {
  id: "",
  cluster: "",
  metadata: {},
  locality: { region: "", zone: "", subZone: "" },
};

/**
 * The configuration that `root`, a file's value, asks for.
 * @throws {ConfigError} with everything that is wrong with it or not served here.
 */
export function readBootstrap(
  check: Check,
  root: unknown,
  options: EnvoyOptions,
): EnvoyConfig {
  if (!isObject(root)) check.expected("", root, "an object");
  const config = readMessage(
    check,
    isObject(root) ? root : {},
    "",
    (fields) => {
      // When statistics are handed on; here they are counted when they are asked for.
      fields.duration("stats_flush_interval");
      const node = fields.message("node", readNode) ?? NO_NODE;
      const admin = fields.message("admin", readAdmin);
      const resources = fields.message("static_resources", (resources) => ({
        listeners: readListeners(resources, options),
        clusters: readClusters(resources, options),
      }));
      const services = fields.repeated(
        "bootstrap_extensions",
        (extension) => readService(extension, options),
      ).filter((service) => service !== undefined);
      const { listeners = [], clusters = [] } = resources ?? {};
      return { node, admin, services, listeners, clusters };
    },
  );
  checkReferences(check, config.listeners, config.clusters);
  check.finish();
  return { shape: "envoy", ...config, notices: check.notices };
}

function readNode(fields: Fields): EnvoyNode {
  fields.text("user_agent_name");
  const path = fields.at("metadata");
  return {
    id: fields.text("id"),
    cluster: fields.text("cluster"),
    metadata: fields.check.object(fields.raw("metadata"), path),
    locality: fields.message("locality", (locality) => ({
      region: locality.text("region"),
      zone: locality.text("zone"),
      subZone: locality.text("sub_zone"),
    })) ?? NO_NODE.locality,
  };
}

function readAdmin(fields: Fields): Address | undefined {
  const why = "has no effect: there is no access log here";
  fields.ignored("access_log", why);
  fields.ignored("access_log_path", why);
  return fields.message("address", (address) => readAddress(address));
}

/** Names and addresses are each one listener's. */
function readListeners(
  fields: Fields,
  options: EnvoyOptions,
): EnvoyListener[] {
  const names = new Set<string>();
  const addresses = new Set<string>();
  return fields.repeated("listeners", (fields) => {
    const listener = readListener(fields, options);
    if (listener === undefined) return undefined;
    const { host, port } = listener.address;
    const address = `${host}:${port}`;
    if (names.has(listener.name) && listener.name !== "") {
      fields.check.problem(
        fields.at("name"),
        `found listener ${show(listener.name)} a second time`,
      );
    } else if (addresses.has(address) && port !== 0) {
      fields.check.problem(
        fields.at("address"),
        `found ${show(address)} a second time, expected an address of its own`,
      );
    }
    names.add(listener.name);
    addresses.add(address);
    return listener;
  }).filter((listener) => listener !== undefined);
}

function readClusters(fields: Fields, options: EnvoyOptions): EnvoyCluster[] {
  const names = new Set<string>();
  return fields.repeated("clusters", (fields) => {
    const cluster = readCluster(fields, options);
    if (names.has(cluster.name)) {
      fields.check.problem(
        fields.at("name"),
        `found cluster ${show(cluster.name)} a second time`,
      );
    }
    names.add(cluster.name);
    return cluster;
  });
}

function readService(
  fields: Fields,
  options: EnvoyOptions,
): WasmService | undefined {
  const name = fields.required("name");
  const service = readExtension(fields, {
    "envoy.extensions.wasm.v3.WasmService": (service) => ({
      plugin: readConfig(service, options),
      singleton: service.flag("singleton") ?? false,
    }),
  });
  if (service?.plugin === undefined) return undefined;
  return { name, plugin: service.plugin, singleton: service.singleton };
}
