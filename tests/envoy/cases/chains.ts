/** Several filters, and network filters. */
import { type Case, chunked, get, type Piece } from "../case.ts";

const TALK: Piece[] = ["hello", 80, "again", 80, "bye"];

function chain(
  name: string,
  rules: string[],
  connection: Piece[],
  more: Partial<Case> = {},
): Case {
  return {
    name,
    filters: rules.map((configuration) => ({ configuration })),
    connections: [connection],
    ...more,
  };
}

const THREE = chunked("/chunks", ["one", "two", "three"]);

export const CHAINS: readonly Case[] = [
  chain("first-pauses-headers", [
    "request_headers: tick 100; return 1\ntick: effective stream; continue 0; tick 0",
    "",
  ], THREE),
  chain("second-pauses-headers", [
    "",
    "request_headers: tick 100; return 1\ntick: effective stream; continue 0; tick 0",
  ], THREE),
  chain("first-buffers-body", [
    "request_body#end: body 0\nrequest_body: return 1",
    "",
  ], THREE),
  chain("second-buffers-body", [
    "",
    "request_body#end: body 0\nrequest_body: return 1",
  ], THREE),
  chain("second-buffers-answer", [
    "",
    "response_body#end: body 1\nresponse_body: return 1",
  ], THREE),
  chain("first-buffers-answer", [
    "response_body#end: body 1\nresponse_body: return 1",
    "",
  ], THREE),
  chain("both-change-body", [
    "request_body: setbody 0 0 0 A\nresponse_body: setbody 1 0 0 A",
    "request_body: setbody 0 0 0 B\nresponse_body: setbody 1 0 0 B",
  ], THREE),
  chain("first-answers-itself", [
    "request_headers: local 403 denied",
    "",
  ], get("/plain")),
  chain("second-answers-itself", [
    "",
    "request_headers: local 403 denied",
  ], get("/plain")),
  chain("second-answers-in-response", [
    "",
    "response_headers: local 403 denied",
  ], get("/plain")),
  chain("first-answers-in-response", [
    "response_headers: local 403 denied",
    "",
  ], get("/plain")),
  chain("first-adds-header", [
    "request_headers: add 0 x-first 1\nresponse_headers: pairs 2",
    "request_headers: get 0 x-first\nresponse_headers: add 2 x-second 2",
  ], get("/plain")),
  chain("first-traps", ["request_headers: trap", ""], get("/plain")),
  chain("second-traps", ["", "request_headers: trap"], get("/plain")),
  chain(
    "second-traps-in-response",
    ["", "response_headers: trap"],
    get("/plain"),
  ),
  chain(
    "tcp",
    [
      "downstream_data: body 2; bodystatus 2\nupstream_data: body 3; bodystatus 3",
    ],
    TALK,
    { kind: "tcp", start: true },
  ),
  chain("tcp-client-leaves", [""], ["hello", 80, "close"], { kind: "tcp" }),
  chain(
    "tcp-pause-new-connection",
    [
      "new_connection: return 1",
    ],
    TALK,
    { kind: "tcp" },
  ),
  chain(
    "tcp-pause-new-connection-then-tick",
    [
      "new_connection: tick 100; return 1\ntick: effective stream; continue 2; tick 0",
    ],
    TALK,
    { kind: "tcp" },
  ),
  chain(
    "tcp-pause-downstream",
    [
      "downstream_data#1: body 2; return 1\ndownstream_data: body 2",
    ],
    TALK,
    { kind: "tcp" },
  ),
  chain(
    "tcp-pause-downstream-then-tick",
    [
      "downstream_data#1: tick 40; return 1\ndownstream_data: body 2\ntick: effective stream; continue 2; tick 0",
    ],
    TALK,
    { kind: "tcp" },
  ),
  chain(
    "tcp-pause-upstream",
    [
      "upstream_data#1: body 3; return 1\nupstream_data: body 3",
    ],
    TALK,
    { kind: "tcp" },
  ),
  chain(
    "tcp-change",
    [
      "downstream_data: setbody 2 0 -1 changed; body 2\nupstream_data: setbody 3 -1 0 !; body 3",
    ],
    TALK,
    { kind: "tcp" },
  ),
  chain("tcp-close", ["downstream_data#2: close 2"], TALK, { kind: "tcp" }),
  chain("tcp-close-upstream", ["downstream_data#2: close 3"], TALK, {
    kind: "tcp",
  }),
  chain(
    "tcp-reads",
    [
      "new_connection: body 2; prop source.address.x; prop connection.mtls; pairs 0; continue 2; continue 3; local 403 x\ndownstream_data#1: body 3; body 0; continue 3; setprop mine x; prop mine; prop cluster_name; prop upstream.tls_version",
    ],
    TALK,
    { kind: "tcp" },
  ),
  chain("tcp-trap", ["downstream_data#1: trap"], TALK, { kind: "tcp" }),
  chain("tcp-two", ["", ""], TALK, { kind: "tcp" }),
];
