/** The `envoy.yaml` for a set of cases: a listener each, one upstream, one service for calls out. JSON is YAML. */
import { type Case, type Filter, usesTrailers } from "./case.ts";

export interface Place {
  /** Paths of modules by guest name. */
  guests: Record<string, string>;
  upstream: number;
  talker: number;
  /** Port of each case's listener; 0 asks for a free one. */
  ports: number[];
  admin: number;
}

const TYPE = "type.googleapis.com/";
/** What lets trailers of HTTP/1.1 through. */
const TRAILERS = { http_protocol_options: { enable_trailers: true } };
const FILTERS = `${TYPE}envoy.extensions.filters`;

/** The bootstrap as text. */
export function bootstrap(cases: readonly Case[], place: Place): string {
  const trailers = cases.some(usesTrailers);
  return JSON.stringify(
    {
      admin: { address: address(place.admin) },
      static_resources: {
        listeners: cases.map((one, i) => listener(one, i, place)),
        clusters: [
          cluster("upstream", place.upstream, trailers),
          cluster("callee", place.upstream, trailers),
          cluster("talker", place.talker, trailers),
          cluster("nobody", 1, trailers),
        ],
      },
    },
    undefined,
    2,
  );
}

function listener(one: Case, i: number, place: Place) {
  const wasm = one.filters.map((filter, n) =>
    plugin(one, filter, n, place.guests)
  );
  const filters = one.kind === "tcp"
    ? [
      ...wasm.map((config) => ({
        name: "wasm",
        typed_config: { "@type": `${FILTERS}.network.wasm.v3.Wasm`, config },
      })),
      {
        name: "tcp",
        typed_config: {
          "@type": `${FILTERS}.network.tcp_proxy.v3.TcpProxy`,
          stat_prefix: "tcp",
          cluster: "talker",
        },
      },
    ]
    : [{ name: "http", typed_config: manager(one, wasm) }];
  return {
    name: one.name,
    address: address(place.ports[i] ?? 0),
    filter_chains: [{ filters }],
  };
}

function manager(one: Case, wasm: unknown[]) {
  const action = one.answer === "direct"
    ? { direct_response: { status: 200, body: { inline_string: "direct" } } }
    : { route: { cluster: "upstream" } };
  return {
    "@type":
      `${FILTERS}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "http",
    ...usesTrailers(one) ? TRAILERS : {},
    route_config: {
      name: "route",
      virtual_hosts: [{
        name: "host",
        domains: ["*"],
        routes: [{ match: { prefix: "/" }, ...action }],
      }],
    },
    http_filters: [
      ...wasm.map((config) => ({
        name: "wasm",
        typed_config: { "@type": `${FILTERS}.http.wasm.v3.Wasm`, config },
      })),
      {
        name: "router",
        typed_config: { "@type": `${FILTERS}.http.router.v3.Router` },
      },
    ],
  };
}

/** The name of filter `n` of a case, as the log has it. */
export function pluginName(one: Case, n: number): string {
  return one.filters.length > 1 ? `${one.name}/${n + 1}` : one.name;
}

function plugin(
  one: Case,
  filter: Filter,
  n: number,
  guests: Record<string, string>,
) {
  const text = (value: string) => ({
    "@type": `${TYPE}google.protobuf.StringValue`,
    value,
  });
  const name = filter.guest ?? "probe";
  const filename = guests[name];
  if (filename === undefined) throw new Error(`no guest is called ${name}`);
  return {
    name: pluginName(one, n),
    root_id: filter.rootId ?? "",
    fail_open: filter.failOpen ?? false,
    ...filter.headersAlone ? { allow_on_headers_stop_iteration: true } : {},
    configuration: text(filter.configuration),
    vm_config: {
      vm_id: filter.vmId ?? pluginName(one, n),
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { filename } },
      ...filter.vmConfiguration === undefined
        ? {}
        : { configuration: text(filter.vmConfiguration) },
      ...filter.env === undefined
        ? {}
        : { environment_variables: { key_values: filter.env } },
    },
  };
}

function cluster(name: string, port: number, trailers: boolean) {
  const options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  return {
    name,
    type: "STATIC",
    connect_timeout: "1s",
    ...trailers
      ? {
        typed_extension_protocol_options: {
          [options]: {
            "@type": `${TYPE}${options}`,
            explicit_http_config: TRAILERS,
          },
        },
      }
      : {},
    load_assignment: {
      cluster_name: name,
      endpoints: [{
        lb_endpoints: [{ endpoint: { address: address(port) } }],
      }],
    },
  };
}

function address(port: number) {
  return { socket_address: { address: "127.0.0.1", port_value: port } };
}
