/** `envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager` and its filters. */
import { show } from "../../settings/problems.ts";
import { readExtension } from "./any.ts";
import type { EnvoyOptions } from "./context.ts";
import type { Fields } from "./fields.ts";
import type { HttpListener, PluginConfig, PluginRef } from "./model.ts";
import { wasmFilters } from "./plugin.ts";
import { readRouteTable } from "./routes.ts";

/** What a listener gets from its connection manager. */
export type HttpPart = Pick<
  HttpListener,
  | "codec"
  | "httpStatPrefix"
  | "filters"
  | "hasRouter"
  | "routes"
  | "trailers"
>;

const ROUTER = "envoy.extensions.filters.http.router.v3.Router";

const NO_LOG = "has no effect: there is no access log here";

export function readHttp(
  fields: Fields,
  options: EnvoyOptions,
): HttpPart | undefined {
  const httpStatPrefix = fields.required("stat_prefix");
  fields.ignored("access_log", NO_LOG);
  fields.ignored("access_log_options", NO_LOG);
  const codec = fields.choice("codec_type", { AUTO: 0, HTTP1: 1, HTTP2: 2 });
  const filters = readFilters(fields, options);
  const kind = fields.exactlyOne(["route_config"]);
  const routes = kind &&
    fields.message(kind, (table) => readRouteTable(table, options));
  fields.only("strip_matching_host_port", false);
  fields.only("strip_any_host_port", false);
  if (fields.flag("generate_request_id") === true) {
    fields.ignored("generate_request_id", "has no effect: requests get no id");
  }
  return routes && {
    codec: codec === "HTTP1" ? "http1" : codec === "HTTP2" ? "http2" : "auto",
    httpStatPrefix,
    ...filters,
    routes,
    trailers: fields.message("http_protocol_options", readTrailers) ?? false,
  };
}

/** Of HTTP/1.1's options the one that says whether its trailers go through. */
function readTrailers(fields: Fields): boolean {
  return fields.flag("enable_trailers") ?? false;
}

type Filter =
  | { kind: "router" }
  | { kind: "wasm"; plugin: PluginConfig | undefined };

function readFilters(
  fields: Fields,
  options: EnvoyOptions,
): { filters: PluginRef[]; hasRouter: boolean } {
  const wasm = wasmFilters(
    "envoy.extensions.filters.http.wasm.v3.Wasm",
    options,
  );
  const readers = {
    ...Object.fromEntries(
      Object.entries(wasm).map(([type, read]) => [
        type,
        (fields: Fields): Filter => ({ kind: "wasm", plugin: read(fields) }),
      ]),
    ),
    [ROUTER]: (fields: Fields): Filter => {
      readRouter(fields);
      return { kind: "router" };
    },
  };
  const filters = fields.repeated("http_filters", (filter) => {
    filter.only("disabled", false);
    // Whether Envoy goes on without the filter where it does not know it: it is known here.
    filter.flag("is_optional");
    const filterName = filter.required("name");
    const path = filter.path;
    return { filterName, path, filter: readExtension(filter, readers) };
  });
  for (const [i, { filterName, path, filter }] of filters.entries()) {
    if (filter?.kind === "router" && i < filters.length - 1) {
      fields.check.problem(
        path,
        `found router ${
          show(filterName)
        } before other filters, expected it last`,
      );
    }
  }
  if (filters.at(-1)?.filter?.kind === "wasm") {
    fields.check.problem(
      fields.at("http_filters"),
      `found a wasm filter last, expected ${ROUTER}, which ends the chain`,
    );
  }
  return {
    filters: filters.flatMap(({ filterName, filter }) =>
      filter?.kind === "wasm" && filter.plugin !== undefined
        ? [{ filterName, plugin: filter.plugin }]
        : []
    ),
    hasRouter: filters.some(({ filter }) => filter?.kind === "router"),
  };
}

/** Of a router's fields those that change nothing here: statistics, logs and traces. */
function readRouter(fields: Fields): void {
  fields.flag("dynamic_stats");
  fields.flag("start_child_span");
  fields.flag("suppress_grpc_request_failure_code_stats");
  fields.ignored("upstream_log", NO_LOG);
  fields.ignored("upstream_log_options", NO_LOG);
}
