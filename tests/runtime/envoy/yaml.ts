/** Parts of files of Envoy's shape, for tests. */

/** A listener of HTTP: `filters` and the routes of one virtual host, each one line of YAML flow. */
export function http(
  name: string,
  filters: string[],
  routes: string[],
  /** More of the connection manager's fields, one line. */
  more = "codec_type: AUTO",
): string {
  const all = [
    ...filters,
    `{ name: router, typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router } }`,
  ];
  return `  - name: ${name}
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: ${name}
          ${more}
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes: [${routes.join(", ")}]
          http_filters: [${all.join(", ")}]
`;
}

/** A wasm filter whose code is at `path`; `more` stands among the plugin's fields, `vmMore` among its VM's. */
export function wasm(
  path: string,
  { name = "", root = "", vm = "", config = "", more = "", vmMore = "" } = {},
): string {
  return `{ name: wasm, typed_config: {
    "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm,
    config: { name: "${name}", root_id: "${root}", ${more}
      configuration: { "@type": type.googleapis.com/google.protobuf.StringValue, value: "${config}" },
      vm_config: { vm_id: "${vm}", runtime: envoy.wasm.runtime.v8, ${vmMore} code: { local: { filename: "${path}" } } } } } }`
    .replaceAll(/\s+/g, " ");
}

/** A route that answers `hello`. */
export const HELLO =
  `{ match: { prefix: / }, direct_response: { status: 200, body: { inline_string: hello } } }`;

/** A cluster with one address. */
export function cluster(name: string, port: number): string {
  return `  - name: ${name}
    type: STATIC
    load_assignment:
      cluster_name: ${name}
      endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } } }] }]
`;
}

/** The whole file. */
export function file(listeners: string[], clusters: string[] = []): string {
  return `static_resources:
  listeners:
${listeners.join("")}${
    clusters.length > 0 ? `  clusters:\n${clusters.join("")}` : ""
  }`;
}
