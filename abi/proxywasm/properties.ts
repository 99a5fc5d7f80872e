/**
 * The well-known properties that a host without Envoy can answer, as Envoy answers them. Paths arrive with their segments
 * joined by a zero byte (ABI.md §4.2).
 */
import { lowerName } from "../field.ts";
import type { Facts } from "../host.ts";
import type { HttpContext } from "./contexts.ts";
import type { HeaderMap } from "./header_map.ts";
import { nodeProperty } from "./node_property.ts";
import { encodePairs } from "./pairs.ts";
import {
  address,
  bool,
  number,
  type PropertyValue,
  text,
} from "./property_values.ts";
import type { Vm } from "./vm.ts";

/** A value, or undefined where there is none now. */
type Value = PropertyValue | undefined;

/** Those of the plugin itself. */
const OF_PLUGIN: Record<string, (vm: Vm) => Value> = {
  "plugin_root_id": ({ options }) => text(options.rootId),
  "plugin_name": ({ options }) => text(options.pluginName),
  "plugin_vm_id": ({ options }) => text(options.vmId),
};

/** Those of a connection, also that of a request. */
const OF_CONNECTION: Record<string, (facts: Facts) => Value> = {
  "source\0address": ({ source }) => source && address(source),
  "source\0port": ({ source }) => source && number(source.port),
  "destination\0address": ({ destination }) =>
    destination && address(destination),
  "destination\0port": ({ destination }) =>
    destination && number(destination.port),
  "connection\0id": connectionId,
  "connection_id": connectionId,
  // Nobody speaks TLS to us.
  "connection\0mtls": () => bool(false),
  "connection\0requested_server_name": () => "",
  "upstream\0address": ({ upstream }) => upstream && address(upstream),
  "upstream\0port": ({ upstream }) => upstream && number(upstream.port),
  "upstream\0local_address": ({ upstreamLocal }) =>
    upstreamLocal && address(upstreamLocal),
  "upstream\0transport_failure_reason": ({ upstream }) => upstream && "",
  "cluster_name": ({ clusterName }) => optional(clusterName),
  "route_name": ({ routeName }) => routeName ? text(routeName) : undefined,
  // Neither inbound nor outbound.
  "xds\0listener_direction": () => number(0),
  "xds\0cluster_name": ({ clusterName }) => optional(clusterName),
  "xds\0route_name": ({ routeName }) => text(routeName ?? ""),
  "xds\0filter_chain_name": () => "",
  "metadata": () => "",
};

/** Those of an HTTP exchange. */
const OF_EXCHANGE: Record<string, (http: HttpContext, vm: Vm) => Value> = {
  "request\0path": path,
  "request\0url_path": (http) => path(http).split("?", 1)[0]!,
  "request\0query": (http) =>
    /\?(.*)/s.exec(path(http))?.[1]?.split("#", 1)[0] ?? "",
  "request\0host": (http) => pseudo(http, ":authority", "authority"),
  "request\0scheme": (http) => pseudo(http, ":scheme", "scheme"),
  "request\0method": (http) => pseudo(http, ":method", "method"),
  "request\0protocol": ({ request }) => optional(request.facts?.protocol),
  "request\0referer": (http) => http.requestHeaders.get("referer"),
  "request\0useragent": (http) => http.requestHeaders.get("user-agent"),
  "request\0id": (http) => http.requestHeaders.get("x-request-id"),
  "request\0headers": (http) => encodePairs(http.requestHeaders.pairs),
  "request\0headers_bytes": (http) => number(byteSize(http.requestHeaders)),
  "request\0size": requestSize,
  "request\0total_size": (http) =>
    number(received(http) + byteSize(http.requestHeaders)),
  "request\0time": (http) => number(http.started, 1_000_000n),
  "request\0duration": (http, { callback }) =>
    AT_THE_END.includes(callback)
      ? number(Math.max(0, Date.now() - http.started), 1_000_000n)
      : undefined,
  "response\0code": (http) => {
    const status = responseStatus(http);
    return status === undefined ? undefined : number(status);
  },
  "response\0code_details": ({ request, localResponse }) =>
    optional(localResponse?.details || request.facts?.codeDetails),
  "response\0flags": () => number(0),
  "response\0grpc_status": grpcStatus,
  "response\0headers": (http) => encodePairs(http.responseHeaders.pairs),
  "response\0headers_bytes": (http) => number(byteSize(http.responseHeaders)),
  "response\0trailers": (http) => encodePairs(http.responseTrailers.pairs),
  "response\0size": (http) => number(sent(http)),
  "response\0total_size": (http) =>
    number(
      sent(http) + byteSize(http.responseHeaders) +
        byteSize(http.responseTrailers),
    ),
};

/** Maps whose fields can be asked for one by one: the path goes on with a field's name. */
const FIELDS: [prefix: string, map: (http: HttpContext) => HeaderMap][] = [
  ["request\0headers\0", (http) => http.requestHeaders],
  ["response\0headers\0", (http) => http.responseHeaders],
  ["response\0trailers\0", (http) => http.responseTrailers],
];

/** Callbacks after the last byte of an exchange. */
const AT_THE_END = ["proxy_on_log", "proxy_on_done", "proxy_on_delete"];

const NO_FACTS: Facts = {};

/** Paths that name a whole group, which has no encoding (3). */
const GROUPS = [
  "",
  "request",
  "response",
  "source",
  "destination",
  "connection",
  "upstream",
  "xds",
  "filter_state",
];

/** Whether `path` is a group of values and no value. */
export function isGroup(vm: Vm, path: string): boolean {
  return (vm.http !== undefined || vm.current?.tcp !== undefined) &&
    GROUPS.includes(path);
}

/** The value at `path` (a byte string): the host's own, else what the guest set under that path; undefined for none. */
export function readProperty(vm: Vm, path: string): Value {
  return wellKnown(vm, path) ?? vm.current?.properties?.get(path) ??
    filterState(vm, path);
}

function wellKnown(vm: Vm, path: string): Value {
  // Paths are the guest's: `constructor` must not find Object's.
  if (Object.hasOwn(OF_PLUGIN, path)) return OF_PLUGIN[path]!(vm);
  if (path.startsWith("node\0")) {
    const { node } = vm.options;
    return node && nodeProperty(node, path);
  }
  const { http } = vm;
  const tcp = vm.current?.tcp;
  if (http === undefined && tcp === undefined) return undefined;
  if (Object.hasOwn(OF_CONNECTION, path)) {
    const facts = http?.request.facts ?? tcp?.facts ?? NO_FACTS;
    return OF_CONNECTION[path]!(facts);
  }
  if (http === undefined) return undefined;
  if (Object.hasOwn(OF_EXCHANGE, path)) return OF_EXCHANGE[path]!(http, vm);
  for (const [prefix, map] of FIELDS) {
    if (path.startsWith(prefix)) {
      return map(http).get(lowerName(path.slice(prefix.length)));
    }
  }
  return undefined;
}

/** Envoy keeps what a plugin sets as filter state, under its path with `wasm.` before it. */
function filterState(vm: Vm, path: string): Value {
  const prefix = "filter_state\0wasm.";
  return path.startsWith(prefix)
    ? vm.current?.properties?.get(path.slice(prefix.length))
    : undefined;
}

function optional(value: string | undefined): Value {
  return value === undefined ? undefined : text(value);
}

function connectionId(facts: Facts): Value {
  return facts.connectionId === undefined
    ? undefined
    : number(facts.connectionId);
}

/** A part of the request that Envoy has as a field, which plugins change; Layotto's functions see no such field. */
function pseudo(
  { requestHeaders, request }: HttpContext,
  field: string,
  name: "path" | "authority" | "scheme" | "method",
): string {
  return requestHeaders.get(field) ?? text(request[name]);
}

function path(http: HttpContext): string {
  return pseudo(http, ":path", "path");
}

/** The declared length, whatever has come of it; what has come where none is declared. */
function requestSize(http: HttpContext): Value {
  const declared = http.requestHeaders.get("content-length");
  if (declared === undefined) return number(received(http));
  return /^\d{1,15}$/.test(declared) ? number(Number(declared)) : undefined;
}

/** Bytes of the body that the plugin has seen. Layotto puts the query where a body would be: that is none. */
function received({ request, requestSide }: HttpContext): number {
  if (!request.bodyIsReal && request.body.length > 0) return 0;
  return requestSide.passed +
    (requestSide.body?.length ?? 0);
}

function sent({ responseSide }: HttpContext): number {
  return responseSide.passed + (responseSide.body?.length ?? 0);
}

/** Known once the response has gone on. */
function responseStatus(http: HttpContext): number | undefined {
  const status = http.responseHeaders.get(":status");
  return status !== undefined && /^\d{1,9}$/.test(status)
    ? Number(status)
    : http.localResponse?.status;
}

function grpcStatus({ responseHeaders, responseTrailers }: HttpContext): Value {
  const status = responseTrailers.get("grpc-status") ??
    responseHeaders.get("grpc-status");
  return status !== undefined && /^\d{1,9}$/.test(status)
    ? number(Number(status))
    : undefined;
}

/** Keys and values, as Envoy counts. */
function byteSize({ pairs }: HeaderMap): number {
  let size = 0;
  for (const [key, value] of pairs) size += key.length + value.length;
  return size;
}
