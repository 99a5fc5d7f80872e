/** What a file of Envoy's shape asks for: listeners with their filters and routes, services, clusters. */
import { loadEnvoy } from "../../runtime/config/envoy/load.ts";
import type {
  EnvoyCluster,
  EnvoyConfig,
  EnvoyListener,
  PluginConfig,
  PluginRef,
} from "../../runtime/config/envoy/model.ts";
import type {
  PathMatch,
  Route,
  RouteAction,
} from "../../runtime/config/envoy/route_model.ts";
import { columns } from "./columns.ts";

/**
 * The text that `inspect --config envoy.yaml` prints.
 * @throws {ConfigError} everything that is wrong with the file.
 */
export async function describeEnvoy(
  path: string,
  text: string,
): Promise<string> {
  return describe(await loadEnvoy(path, text));
}

function describe(config: EnvoyConfig): string {
  const { node, admin } = config;
  const parts = [columns([
    ["Node", node.id || "unset", node.cluster],
    ["Admin", admin === undefined ? "none" : address(admin), ""],
  ])];
  for (const listener of config.listeners) {
    parts.push("", ...describeListener(listener));
  }
  for (const { name, plugin, singleton } of config.services) {
    parts.push(
      "",
      `Service ${name}${singleton ? ", one for the process" : ""}:`,
      columns([pluginRow(plugin)]),
    );
  }
  if (config.clusters.length > 0) {
    parts.push("", "Clusters:", columns(config.clusters.map(clusterRow)));
  }
  if (config.notices.length > 0) {
    parts.push("", "Without effect:", ...config.notices.map((n) => `  ${n}`));
  }
  return parts.join("\n");
}

function address({ host, port }: { host: string; port: number }): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

function describeListener(listener: EnvoyListener): string[] {
  const name = listener.name === "" ? "" : ` ${listener.name}`;
  const what = listener.kind === "http" ? "HTTP" : "TCP";
  const lines = [`Listener${name}, ${what} on ${address(listener.address)}:`];
  const rows: string[][] = [];
  if (listener.kind === "tcp") {
    add(rows, listener.networkFilters, "network wasm");
    const names = listener.proxy.clusters.map(({ name, weight }) =>
      listener.proxy.clusters.length > 1 ? `${name} (${weight})` : name
    );
    rows.push(["  tcp_proxy", `to ${names.join(", ")}`]);
    return [...lines, columns(rows)];
  }
  add(rows, listener.filters, "wasm");
  if (listener.hasRouter) rows.push(["  router"]);
  for (const host of listener.routes.virtualHosts) {
    rows.push([`  ${host.domains.join(" ")}`, `virtual host ${host.name}`]);
    for (const route of host.routes) rows.push(routeRow(route));
  }
  return [...lines, columns(rows)];
}

function add(
  rows: string[][],
  filters: readonly PluginRef[],
  kind: string,
): void {
  for (const { filterName, plugin } of filters) {
    const [, ...rest] = pluginRow(plugin);
    rows.push([`  ${kind} ${filterName}`, ...rest]);
  }
}

function pluginRow(plugin: PluginConfig): string[] {
  const { code } = plugin;
  const bytes = plugin.configuration.length;
  return [
    `  ${plugin.name || "wasm"}`,
    code.kind === "file" ? code.path : `${code.bytes.length} bytes in the file`,
    [
      plugin.rootId && `root ${plugin.rootId}`,
      plugin.vmId && `vm ${plugin.vmId}`,
      bytes > 0 && `configuration of ${bytes} bytes`,
      plugin.onFailure !== "close" && `fail ${plugin.onFailure}`,
    ].filter((part) => part).join(", "),
  ];
}

function routeRow({ match, action }: Route): string[] {
  const more = match.headers.length + match.query.length +
    (match.grpc ? 1 : 0);
  const conditions = more === 0 ? "" : ` and ${more} more`;
  return [`    ${pathText(match.path)}${conditions}`, actionText(action)];
}

function pathText(path: PathMatch): string {
  switch (path.kind) {
    case "regex":
      return `~ ${path.regex}`;
    case "path":
      return `= ${path.value}`;
    case "prefix":
      return `${path.value}*`;
    case "separated_prefix":
      return `${path.value}[/…]`;
  }
}

function actionText(action: RouteAction): string {
  switch (action.kind) {
    case "direct":
      return `answer ${action.status}, ${action.body.length} bytes`;
    case "redirect":
      return `redirect ${action.status}`;
    case "none":
      return "to nowhere";
    case "forward": {
      const { cluster } = action;
      if (cluster.kind === "name") return `to ${cluster.name}`;
      if (cluster.kind === "header") return `to what ${cluster.name} names`;
      return `to ${
        cluster.clusters.map(({ name, weight }) => `${name} (${weight})`)
          .join(", ")
      }`;
    }
  }
}

function clusterRow(cluster: EnvoyCluster): string[] {
  return [
    `  ${cluster.name}`,
    cluster.type,
    cluster.http2 ? "HTTP/2" : "HTTP/1.1",
    cluster.tls === undefined ? "plain" : "TLS",
    cluster.endpoints.map(address).join(" "),
  ];
}
