/** The listener of a chain that a configuration names. */
import type { ChainConfig } from "../config/chain.ts";
import type { HeaderChanges, RouteTable } from "../config/envoy/route_model.ts";
import type { HostFunction } from "../function/function.ts";
import type { ListenerSpec } from "../isolate/listener_spec.ts";
import type { HostSettings } from "../settings/table.ts";

const NO_CHANGES: HeaderChanges = {
  request: { remove: [], add: [] },
  response: { remove: [], add: [] },
};

/** `functions` are those of the host, all of which are in the chain. */
export function chainListener(
  { functions: names, upstream }: ChainConfig,
  functions: readonly HostFunction[],
  { "http-address": hostname, "http-port": port }: HostSettings,
): ListenerSpec {
  const chain = names.map((name) => functions.find((fn) => fn.name === name)!);
  const { fn: owner, spec } = chain[0]!;
  return {
    kind: "http",
    hostname,
    port,
    shared: false,
    functions: chain.map(({ fn }) => fn),
    owner,
    clusters: [upstream],
    limit: spec.bodyLimit,
    routes: everythingTo(upstream, spec.requestTimeout),
    trailers: true,
  };
}

/** A route table that sends every request to one cluster. */
function everythingTo(cluster: string, timeout: number): RouteTable {
  const common = { headers: NO_CHANGES, metadata: {} };
  return {
    ...common,
    name: "",
    mostSpecificWins: false,
    ignorePort: false,
    virtualHosts: [{
      ...common,
      name: "",
      domains: ["*"],
      requireTls: "none",
      routes: [{
        ...common,
        name: "",
        match: {
          path: { kind: "prefix", value: "/", caseSensitive: true },
          headers: [],
          query: [],
          grpc: false,
        },
        action: {
          kind: "forward",
          cluster: { kind: "name", name: cluster },
          timeout,
          host: { kind: "keep" },
          prefixRewrite: "",
          appendForwardedHost: false,
          notFoundStatus: 503,
        },
      }],
    }],
  };
}
