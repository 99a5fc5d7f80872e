/** `envoy.config.listener.v3.Listener`: one filter chain, whose last filter says what the listener speaks. */
import { list, show } from "../../settings/problems.ts";
import { readAddress, readMetadata } from "./address.ts";
import { readExtension } from "./any.ts";
import type { EnvoyOptions } from "./context.ts";
import type { Fields } from "./fields.ts";
import { type HttpPart, readHttp } from "./http.ts";
import type {
  EnvoyListener,
  PluginConfig,
  PluginRef,
  TcpProxy,
  TrafficDirection,
} from "./model.ts";
import { wasmFilters } from "./plugin.ts";
import { readTcpProxy } from "./tcp.ts";

const DIRECTIONS = { UNSPECIFIED: 0, INBOUND: 1, OUTBOUND: 2 } as const;

export function readListener(
  fields: Fields,
  options: EnvoyOptions,
): EnvoyListener | undefined {
  const address = fields.requiredMessage(
    "address",
    (address) => readAddress(address),
  );
  const direction: TrafficDirection =
    DIRECTIONS[fields.choice("traffic_direction", DIRECTIONS)];
  fields.only("bind_to_port", true);
  // How the kernel spreads connections, and logs of connections: neither is seen by a plugin or a client.
  fields.flag("enable_reuse_port");
  fields.flag("reuse_port");
  fields.ignored("access_log", "has no effect: there is no access log here");
  const base = {
    name: fields.text("name"),
    statPrefix: fields.text("stat_prefix"),
    direction,
    metadata: readMetadata(fields),
    place: fields.check.place(fields.path),
  };
  const chain = readChain(fields, options);
  if (address === undefined || chain === undefined) return undefined;
  return { ...base, address, ...chain };
}

type Filter =
  | { kind: "wasm"; plugin: PluginConfig | undefined }
  | { kind: "http"; part: HttpPart | undefined }
  | { kind: "tcp"; part: TcpProxy };

type Chain =
  | { kind: "http" } & HttpPart
  | { kind: "tcp"; networkFilters: PluginRef[]; proxy: TcpProxy };

/** One chain, which takes every connection: what it matches would have to be looked at in each. */
function readChain(
  fields: Fields,
  options: EnvoyOptions,
): Chain | undefined {
  const read = (chain: Fields) => readFilters(chain, options);
  const chains = fields.repeated("filter_chains", read);
  const byDefault = fields.message("default_filter_chain", read);
  const all = byDefault === undefined ? chains : [...chains, byDefault];
  if (all.length !== 1) {
    fields.check.problem(
      fields.at("filter_chains"),
      `found ${all.length} filter chains, expected one`,
    );
    return undefined;
  }
  return all[0];
}

function readFilters(
  fields: Fields,
  options: EnvoyOptions,
): Chain | undefined {
  fields.text("name");
  fields.message("filter_chain_match", () => {});
  const readers = {
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager":
      (fields: Fields): Filter => ({
        kind: "http",
        part: readHttp(fields, options),
      }),
    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy": (
      fields: Fields,
    ): Filter => ({ kind: "tcp", part: readTcpProxy(fields) }),
    ...Object.fromEntries(
      Object.entries(
        wasmFilters("envoy.extensions.filters.network.wasm.v3.Wasm", options),
      ).map(([type, read]) => [
        type,
        (fields: Fields): Filter => ({ kind: "wasm", plugin: read(fields) }),
      ]),
    ),
  };
  const filters = fields.repeated("filters", (filter) => {
    const filterName = filter.required("name");
    const path = filter.path;
    return { filterName, path, filter: readExtension(filter, readers) };
  });
  if (filters.length === 0) {
    fields.check.problem(
      fields.at("filters"),
      `found no filter, expected one of ${list(Object.keys(readers))}`,
    );
    return undefined;
  }
  for (const { filterName, path, filter } of filters.slice(0, -1)) {
    if (filter !== undefined && filter.kind !== "wasm") {
      fields.check.problem(
        path,
        `found filter ${
          show(filterName)
        } before others, expected it last: it ends the chain`,
      );
    }
  }
  const networkFilters = filters.flatMap(({ filterName, filter }) =>
    filter?.kind === "wasm" && filter.plugin !== undefined
      ? [{ filterName, plugin: filter.plugin }]
      : []
  );
  const last = filters.at(-1)?.filter;
  if (last?.kind === "http") {
    if (networkFilters.length > 0) {
      fields.check.problem(
        fields.at("filters"),
        "found a network wasm filter before the HTTP connection manager, expected it before a TCP proxy",
      );
    }
    return last.part && { kind: "http", ...last.part };
  }
  if (last?.kind === "tcp") {
    return { kind: "tcp", networkFilters, proxy: last.part };
  }
  if (last?.kind === "wasm") {
    fields.check.problem(
      fields.at("filters"),
      `found a wasm filter last, expected one that ends the chain: ${
        list(Object.keys(readers).slice(0, 2))
      }`,
    );
  }
  return undefined;
}
