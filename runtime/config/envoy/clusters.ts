/** `envoy.config.cluster.v3.Cluster`, with its endpoints in the file. */
import { show } from "../../settings/problems.ts";
import { readAddress, readMetadata } from "./address.ts";
import { readExtension } from "./any.ts";
import type { EnvoyOptions } from "./context.ts";
import type { Fields } from "./fields.ts";
import type { Endpoint, EnvoyCluster, UpstreamTls } from "./model.ts";
import { isIp } from "./scalars.ts";
import { readUpstreamTls } from "./upstream_tls.ts";

/** Envoy's own, milliseconds. */
const CONNECT_TIMEOUT = 5000;

/** Of an endpoint: it has as many turns. */
const MAX_WEIGHT = 1000;

const TYPES = { STATIC: 0, STRICT_DNS: 1, LOGICAL_DNS: 2 } as const;

const POLICIES = { ROUND_ROBIN: 0, LEAST_REQUEST: 1, RANDOM: 3 } as const;

const OUR_POLICIES = {
  ROUND_ROBIN: "round_robin",
  LEAST_REQUEST: "least_request",
  RANDOM: "random",
} as const;

const FAMILIES = {
  AUTO: 0,
  V4_ONLY: 1,
  V6_ONLY: 2,
  V4_PREFERRED: 3,
  ALL: 4,
} as const;

const OUR_FAMILIES = {
  AUTO: "auto",
  V4_ONLY: "v4",
  V6_ONLY: "v6",
  V4_PREFERRED: "v4_preferred",
  ALL: "all",
} as const;

const HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

export function readCluster(
  fields: Fields,
  options: EnvoyOptions,
): EnvoyCluster {
  const name = fields.required("name");
  const type = fields.choice("type", TYPES);
  const timeout = fields.duration("connect_timeout");
  if (timeout === 0) {
    fields.check.expected(
      fields.at("connect_timeout"),
      fields.raw("connect_timeout"),
      "a duration of more than 0",
    );
  }
  // The name of its statistics.
  fields.text("alt_stat_name");
  const endpoints = fields.message(
    "load_assignment",
    (load) => readEndpoints(load, type !== "STATIC"),
  ) ?? [];
  if (type !== "STATIC" && !fields.has("load_assignment")) {
    fields.check.expected(
      fields.at("load_assignment"),
      undefined,
      "the cluster's endpoints",
    );
  }
  if (type === "LOGICAL_DNS" && endpoints.length !== 1) {
    fields.check.problem(
      fields.at("load_assignment"),
      `found ${endpoints.length} endpoints, expected one in a cluster of type "LOGICAL_DNS"`,
    );
  }
  const tls = fields.message(
    "transport_socket",
    (socket) => readUpstreamTls(socket, options),
  );
  if (tls !== undefined) checkTls(fields, tls, endpoints);
  const policy = fields.choice("lb_policy", POLICIES);
  if (policy !== "ROUND_ROBIN") {
    fields.ignored("lb_policy", "has no effect: endpoints are taken in turn");
  }
  return {
    name,
    type: type === "STATIC" ? "static" : "strict_dns",
    connectTimeout: timeout ?? CONNECT_TIMEOUT,
    policy: OUR_POLICIES[policy],
    addressFamily: OUR_FAMILIES[fields.choice("dns_lookup_family", FAMILIES)],
    endpoints,
    http2: readHttp2(fields),
    tls,
    metadata: readMetadata(fields),
    place: fields.check.place(fields.path),
  };
}

/** Certificates are checked for the endpoint's host name, and that is what is sent as SNI. */
function checkTls(
  fields: Fields,
  { sni, trustedCa }: UpstreamTls,
  endpoints: readonly Endpoint[],
): void {
  const path = fields.at("transport_socket");
  const other = endpoints.find(({ host }) => host !== sni);
  if (sni !== "" && other !== undefined) {
    fields.check.problem(
      path,
      `found sni ${show(sni)}, expected ${
        show(other.host)
      }: the endpoint's own name is sent and checked`,
    );
  }
  if (trustedCa === undefined) {
    fields.check.notice(
      path,
      "found no trusted_ca; Envoy would check no certificate, here the system's authorities are trusted",
    );
  }
}

function readEndpoints(fields: Fields, names: boolean): Endpoint[] {
  fields.required("cluster_name");
  return fields.repeated("endpoints", (group) => {
    // Where endpoints are matters to Envoy when it picks the nearest; here all are alike.
    group.message("locality", (locality) => {
      locality.text("region");
      locality.text("zone");
      locality.text("sub_zone");
    });
    const priority = group.whole("priority", 0, 128) ?? 0;
    if (priority !== 0) {
      group.check.expected(group.at("priority"), priority, "0: nothing else");
    }
    return group.repeated(
      "lb_endpoints",
      (endpoint) => readEndpoint(endpoint, names),
    );
  }).flat().filter((endpoint) => endpoint !== undefined);
}

function readEndpoint(fields: Fields, names: boolean): Endpoint | undefined {
  const weight = fields.whole("load_balancing_weight", 1, MAX_WEIGHT) ?? 1;
  fields.choice("health_status", { UNKNOWN: 0, HEALTHY: 1 });
  return fields.requiredMessage("endpoint", (endpoint) => {
    const hostname = endpoint.text("hostname");
    const address = endpoint.requiredMessage(
      "address",
      (address) => readAddress(address, true),
    );
    if (address === undefined) return undefined;
    const { host, port } = address;
    if (!names && !isIp(host)) {
      endpoint.check.expected(
        `${endpoint.at("address")}.socket_address.address`,
        host,
        'an IP address, or "STRICT_DNS" as the cluster\'s type',
      );
    }
    return { host, port, hostname: hostname === "" ? host : hostname, weight };
  });
}

/** Whether HTTP/2 is spoken: by the field clusters had for it before, or by their protocol options. */
function readHttp2(fields: Fields): boolean {
  const old = fields.message("http2_protocol_options", readOptions) ?? false;
  const path = fields.at("typed_extension_protocol_options");
  const all = fields.check.object(
    fields.raw("typed_extension_protocol_options"),
    path,
  );
  for (const key of Object.keys(all)) {
    if (key === HTTP_OPTIONS) continue;
    fields.check.problem(path, `found ${show(key)}, expected ${HTTP_OPTIONS}`);
  }
  const typed = fields.message("typed_extension_protocol_options", (map) => {
    for (const key of Object.keys(all)) map.raw(key);
    return map.has(HTTP_OPTIONS) && readExtension(
      map,
      { [HTTP_OPTIONS]: readProtocolOptions },
      HTTP_OPTIONS,
    );
  });
  return old || typed === true;
}

function readProtocolOptions(fields: Fields): boolean {
  if (fields.exactlyOne(["explicit_http_config"]) === undefined) return false;
  return fields.message("explicit_http_config", (explicit) => {
    const kind = explicit.exactlyOne([
      "http_protocol_options",
      "http2_protocol_options",
    ]);
    if (kind !== undefined) explicit.message(kind, readOptions);
    return kind === "http2_protocol_options";
  }) ?? false;
}

/** Options that only say which protocol it is: their windows and limits are ours, and trailers of services come here anyhow. */
function readOptions(fields: Fields): true {
  const most = 2 ** 31 - 1;
  fields.flag("enable_trailers");
  fields.whole("max_concurrent_streams", 1, most);
  fields.whole("initial_stream_window_size", 65535, most);
  fields.whole("initial_connection_window_size", 65535, most);
  return true;
}
