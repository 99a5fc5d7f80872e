/** Local responses from every callback. */
import { type Case, chunked, get, probe } from "../case.ts";

const THREE = chunked("/echo", ["one", "two", "three"]);
const SEND = "local 403 denied x-why=probe";

export const LOCAL: readonly Case[] = [
  ...["request_headers", "request_body", "request_body#2", "request_body#end"]
    .map((callback) =>
      probe(`local-in-${callback.replace(/[_#]/g, "-")}`, [
        `${callback}: ${SEND}`,
        "response_headers: pairs 2",
        "response_body: body 1",
      ], THREE)
    ),
  probe("local-in-request-trailers", [
    `request_trailers: ${SEND}`,
  ], chunked("/echo", ["one"], "x-end: yes\r\n")),
  ...["response_headers", "response_body", "response_body#2"]
    .map((callback) =>
      probe(`local-in-${callback.replace(/[_#]/g, "-")}`, [
        `${callback}: pairs 2; ${SEND}`,
      ], get("/chunks"))
    ),
  probe("local-in-response-trailers", [
    `response_trailers: ${SEND}`,
  ], get("/trailers")),
  probe("local-in-response-headers-of-a-local-response", [
    `request_headers: ${SEND}`,
    "response_headers: local 500 again",
  ], get("/plain")),
  probe(
    "local-with-direct-response",
    [
      `response_headers: ${SEND}`,
    ],
    get("/plain"),
    { answer: "direct" },
  ),
  probe("local-from-call", [
    "request_headers: call callee /status 1000; return 1",
    `http_call_response: get 6 :status; effective stream; ${SEND}`,
  ], get("/plain")),
  probe(
    "local-from-call-without-context",
    [
      "request_headers: call callee /status 1000; return 1",
      `http_call_response: ${SEND}`,
    ],
    get("/plain"),
    { linger: 100 },
  ),
  probe("local-from-tick", [
    "request_headers: tick 100; return 1",
    `tick: effective stream; ${SEND}; tick 0`,
  ], get("/plain")),
  probe("local-from-tick-twice", [
    "request_headers: tick 100; return 1",
    `tick: effective stream; ${SEND}; local 401 second; tick 0`,
  ], get("/plain")),
  probe("local-twice", [
    "request_headers: local 403 first; local 401 second",
  ], get("/plain")),
  probe("local-then-continue", [
    "request_headers: local 403 first; continue 0; return 0",
  ], get("/plain")),
  probe("local-in-log", [`log: ${SEND}`], get("/plain")),
  probe("local-in-done", [`done: ${SEND}`], get("/plain")),
  probe("local-in-context-create", [
    `context_create: ${SEND}`,
  ], get("/plain")),
  ...[0, 99, 100, 101, 199, 204, 304, 600, 999, 1000, -1].map((status) =>
    probe(`local-status-${status}`, [
      `request_headers: local ${status} body`,
    ], get("/plain"))
  ),
  probe("local-without-body", ["request_headers: local 200"], get("/plain")),
  probe("local-to-head", [`request_headers: ${SEND}`], get("/p", "", "HEAD")),
  probe("local-headers", [
    "request_headers: local 200 body content-type=text/html,Content-Length=99,x-twice=1,x-twice=2,:status=418,server=me,bad+name=x,connection=close",
  ], get("/plain")),
  probe("local-content-type", [
    "request_headers: local 200 body content-type=application/json",
  ], get("/plain")),
  ...[0, 5, 16, 17, -1].map((grpc) =>
    probe(`local-grpc-${grpc}`, [
      `request_headers: grpclocal 200 ${grpc} said`,
    ], get("/plain"))
  ),
  ...[0, 5, 17, -1].map((grpc) =>
    probe(`local-grpc-${grpc}-to-grpc`, [
      `request_headers: grpclocal 403 ${grpc} said`,
    ], get("/plain", "content-type: application/grpc\r\nte: trailers\r\n"))
  ),
];
