/** Properties by their well-known names. */
import { type Case, get, post, probe } from "../case.ts";

const REQUEST = [
  "path",
  "url_path",
  "query",
  "host",
  "scheme",
  "method",
  "protocol",
  "id",
  "referer",
  "useragent",
  "size",
  "total_size",
  "headers.x-one",
  "headers.x-none",
  "headers.:path",
  "nothing",
].map((name) => `request.${name}`);

const RESPONSE = [
  "code",
  "code_details",
  "flags",
  "grpc_status",
  "size",
  "total_size",
  "headers.x-from",
  "headers.:status",
  "trailers.x-end",
  "backend_latency",
].map((name) => `response.${name}`);

const OTHERS = [
  "plugin_name",
  "plugin_root_id",
  "plugin_vm_id",
  "listener_direction",
  "listener_metadata",
  "cluster_name",
  "cluster_metadata",
  "route_name",
  "route_metadata",
  "upstream_host_metadata",
  "node",
  "node.id",
  "connection.mtls",
  "connection.id.x",
  "connection.requested_server_name",
  "connection.tls_version",
  "connection.termination_details",
  "connection_id",
  "source",
  "metadata",
  "filter_state",
  "xds",
  "xds.route_name",
  "xds.cluster_name",
  "xds.listener_direction",
  "xds.filter_chain_name",
  "nothing",
  "request",
  '""',
];

const props = (names: string[]) =>
  names.map((name) => `prop ${name}`).join("; ");

export const PROPERTIES: readonly Case[] = [
  probe(
    "request-in-headers",
    [
      `request_headers: ${props(REQUEST)}`,
    ],
    post("/a/b?c=d", "hello", "x-one: 1\r\nreferer: me\r\nuser-agent: ua\r\n"),
  ),
  probe("request-in-log", [
    `log: ${props(REQUEST.filter((name) => !name.endsWith("total_size")))}`,
  ], post("/a/b?c=d", "hello", "x-one: 1\r\n")),
  probe("response-in-request", [
    `request_headers: ${props(RESPONSE)}`,
  ], get("/chunks")),
  probe("response-in-headers", [
    `response_headers: ${props(RESPONSE)}`,
  ], get("/chunks")),
  probe("response-in-log", [
    `log: ${
      props(
        RESPONSE.filter((name) =>
          !name.endsWith("total_size") && !name.endsWith("latency")
        ),
      )
    }`,
  ], get("/trailers")),
  probe("response-in-log-of-a-local-response", [
    "request_headers: local 403 denied",
    "log: prop response.code; prop response.code_details; prop response.flags",
  ], get("/chunks")),
  probe("others-in-headers", [
    `request_headers: ${props(OTHERS)}`,
  ], get("/plain")),
  probe("others-in-response", [
    "response_headers: prop cluster_name; prop xds.cluster_name; prop upstream.transport_failure_reason; prop upstream.request_attempt_count; prop upstream.tls_version",
  ], get("/plain")),
  probe(
    "root",
    [
      `configure: ${
        props([
          "plugin_name",
          "plugin_root_id",
          "plugin_vm_id",
          "request.path",
          "node.id",
          "listener_direction",
          "nothing",
        ])
      }`,
    ],
    get("/plain"),
    { start: true },
  ),
  probe("in-tick", [
    "request_headers: tick 100; return 1",
    "tick: prop request.path; prop plugin_name; effective stream; prop request.path; continue 0; tick 0",
  ], get("/plain")),
  probe(
    "set",
    [
      "configure: setprop mine.a 1; prop mine.a",
      'request_headers: setprop mine.a one; prop mine.a; prop filter_state.wasm; setprop mine.a two; prop mine.a; prop mine; setprop request.path /x; prop request.path; prop mine.a.b; setprop "" x; setprop lonely x; prop lonely',
      "response_headers: prop mine.a; prop lonely",
      "log: prop mine.a; setprop late x; prop late",
    ],
    get("/plain"),
    { start: true },
  ),
  {
    name: "set-in-one-read-in-another",
    filters: [
      { configuration: "request_headers: setprop mine.a one" },
      { configuration: "request_headers: prop mine.a; prop plugin_name" },
    ],
    connections: [get("/plain")],
  },
  probe("addresses-exist", [
    "request_headers: raw get_property 0 0 8 12; raw get_property 4294967295 1 8 12",
  ], get("/plain")),
];
