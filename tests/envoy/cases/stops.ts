/** Headers that are held alone, where a plugin's configuration allows that: its body callbacks come nevertheless. */
import { type Case, chunked, get, type Piece, probe } from "../case.ts";

const THREE = chunked("/echo", ["one", "two", "three"]);
const TRAILERS = chunked("/echo", ["one", "two"], "x-end: yes\r\n");

function alone(
  name: string,
  rules: string[],
  connection: Piece[],
  more: Partial<Case> = {},
): Case {
  return probe(name, rules, connection, { ...more, headersAlone: true });
}

export const STOPS: readonly Case[] = [
  alone("request-headers-until-the-first-part", [
    "request_headers: return 1",
    "request_body: get 0 :path; body 0",
  ], THREE),
  ...[1, 2, 3].map((action) =>
    alone(`request-headers-until-the-end-of-a-body-answered-${action}`, [
      "request_headers: return 1",
      "request_body#end: body 0; add 0 x-late yes; return 0",
      `request_body: body 0; return ${action}`,
    ], THREE)
  ),
  ...[1, 2, 3].map((action) =>
    alone(
      `request-headers-and-body-answered-${action}-for-ever`,
      ["request_headers: return 1", `request_body: body 0; return ${action}`],
      THREE,
      { linger: 200 },
    )
  ),
  alone(
    "request-headers-answered-2",
    ["request_headers: return 2", "request_body: body 0"],
    THREE,
  ),
  ...[3, 4].map((action) =>
    alone(
      `request-headers-answered-${action}-for-ever`,
      [`request_headers: return ${action}`, "request_body: body 0"],
      THREE,
      { linger: 200 },
    )
  ),
  alone(
    "request-headers-without-a-body-for-ever",
    ["request_headers: return 1"],
    get("/plain"),
    { linger: 200 },
  ),
  alone("request-headers-without-a-body-then-tick", [
    "request_headers: tick 100; return 1",
    "tick: effective stream; continue 0; tick 0",
  ], get("/plain")),
  alone("request-headers-then-tick-while-the-body-is-held", [
    "request_headers: tick 150; return 1",
    "request_body#1: body 0; return 1",
    "request_body#2: body 0; return 1",
    "tick: effective stream; continue 0; tick 0",
  ], THREE),
  alone("request-headers-then-call", [
    "request_headers: call callee /plain 1000; return 1",
    "http_call_response: body 4; effective stream; continue 0",
    "request_body#1: body 0; return 1",
  ], THREE),
  alone("request-headers-until-the-trailers", [
    "request_headers: return 1",
    "request_body: body 0; return 1",
    "request_trailers: pairs 1; body 0",
  ], TRAILERS),
  alone(
    "request-headers-and-trailers-for-ever",
    [
      "request_headers: return 1",
      "request_body: body 0; return 1",
      "request_trailers: return 1",
    ],
    TRAILERS,
    { linger: 200 },
  ),
  alone("request-headers-then-local-in-the-body", [
    "request_headers: return 1",
    "request_body#2: local 403 denied",
    "request_body: return 1",
  ], THREE),
  {
    name: "request-headers-and-no-body-to-a-second-filter",
    filters: [{
      configuration:
        "request_headers: return 1\nrequest_body#end: return 0\nrequest_body: return 3",
      headersAlone: true,
    }, { configuration: "" }],
    connections: [THREE],
  },
  alone("response-headers-until-the-first-part", [
    "response_headers: return 1",
    "response_body: get 2 :status; body 1",
  ], get("/chunks")),
  ...[1, 2, 3].map((action) =>
    alone(`response-headers-until-the-end-of-a-body-answered-${action}`, [
      "response_headers: return 1",
      "response_body#end: body 1; add 2 x-late yes; return 0",
      `response_body: body 1; return ${action}`,
    ], get("/chunks"))
  ),
  alone("response-headers-then-tick", [
    "response_headers: tick 200; return 1",
    "response_body: body 1; return 1",
    "tick: effective stream; continue 1; tick 0",
  ], get("/chunks")),
  alone("response-headers-until-the-trailers", [
    "response_headers: return 1",
    "response_body: body 1; return 1",
    "response_trailers: pairs 3; body 1",
  ], get("/trailers")),
  alone(
    "response-headers-without-a-body-for-ever",
    ["response_headers: return 1"],
    get("/empty"),
    { linger: 200 },
  ),
  alone("response-headers-then-local-in-the-body", [
    "response_headers: return 1",
    "response_body: local 403 denied",
  ], get("/chunks")),
];
