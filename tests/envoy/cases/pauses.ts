/** Actions: what a pause holds back, what the next callback sees, how a stream goes on. */
import { type Case, chunked, get, post, probe } from "../case.ts";

const THREE = chunked("/echo", ["one", "two", "three"]);
const TRAILERS = chunked("/echo", ["one", "two"], "x-end: yes\r\n");

/** Continues the stream at the second tick of 100 ms; -1 is no more. */
const LATER = [
  "tick: effective stream; continue 0; tick 0",
];

export const PAUSES: readonly Case[] = [
  ...[1, 2, 3, 4, 5].map((action) =>
    probe(
      `request-headers-return-${action}-for-ever`,
      [
        `request_headers: return ${action}`,
      ],
      THREE,
      { linger: 300 },
    )
  ),
  probe("request-headers-pause-then-tick", [
    "request_headers: tick 150; return 1",
    ...LATER,
    "request_body: body 0",
  ], THREE),
  probe("request-headers-pause-then-tick-after-the-end", [
    "request_headers: tick 450; return 1",
    ...LATER,
    "request_body: body 0",
  ], THREE),
  probe("request-headers-pause-then-tick-with-trailers", [
    "request_headers: tick 450; return 1",
    ...LATER,
    "request_body: body 0",
  ], TRAILERS),
  probe("request-headers-pause-then-call", [
    "request_headers: call callee /plain 1000; return 1",
    "http_call_response: pairs 6; body 4; effective stream; continue 0",
    "request_body: body 0",
  ], THREE),
  probe("request-headers-pause-without-body-then-call", [
    "request_headers: call callee /plain 1000; return 1",
    "http_call_response: effective stream; continue 0",
  ], get("/plain")),
  probe("request-headers-continue-inside-then-return-1", [
    "request_headers: continue 0; return 1",
    "request_body: body 0",
  ], THREE),
  ...[1, 2, 3, 4].map((action) =>
    probe(`request-body-return-${action}-until-end`, [
      "request_body#end: body 0; return 0",
      `request_body: body 0; return ${action}`,
    ], THREE)
  ),
  ...[1, 2, 3].map((action) =>
    probe(`request-body-return-${action}-first-only`, [
      `request_body#1: body 0; return ${action}`,
      "request_body: body 0",
    ], THREE)
  ),
  ...[1, 2, 3].map((action) =>
    probe(
      `request-body-return-${action}-for-ever`,
      [
        `request_body: body 0; return ${action}`,
      ],
      THREE,
      { linger: 200 },
    )
  ),
  ...[1, 2, 3].map((action) =>
    probe(`request-body-return-${action}-then-tick`, [
      `request_body: tick 450; body 0; return ${action}`,
      ...LATER,
    ], THREE)
  ),
  probe("request-body-return-1-with-trailers", [
    "request_body: body 0; return 1",
    "request_trailers: body 0; pairs 1",
  ], TRAILERS),
  probe("request-trailers-return-1-then-tick", [
    "request_trailers: tick 100; return 1",
    ...LATER,
  ], TRAILERS),
  probe("request-trailers-return-1-for-ever", [
    "request_trailers: return 1",
  ], TRAILERS),
  probe("request-body-continue-inside-then-return-1", [
    "request_body: continue 0; return 1",
  ], THREE),
  probe("response-headers-pause-then-tick", [
    "response_headers: tick 200; return 1",
    "tick: effective stream; continue 1; tick 0",
    "response_body: body 1",
  ], get("/chunks")),
  probe("response-headers-pause-then-call", [
    "response_headers: call callee /status 1000; return 1",
    "http_call_response: effective stream; add 2 x-called yes; continue 1",
    "response_body: body 1",
  ], get("/chunks")),
  ...[2, 3, 4].map((action) =>
    probe(
      `response-headers-return-${action}`,
      [
        `response_headers: return ${action}`,
      ],
      get("/chunks"),
      { linger: 200 },
    )
  ),
  ...[1, 2, 3].map((action) =>
    probe(`response-body-return-${action}-until-end`, [
      "response_body#end: body 1; return 0",
      `response_body: body 1; return ${action}`,
    ], get("/chunks"))
  ),
  probe("response-body-return-1-for-ever", [
    "response_body: body 1; return 1",
  ], get("/chunks")),
  probe("response-body-return-1-with-trailers", [
    "response_body: body 1; return 1",
    "response_trailers: body 1; pairs 3",
  ], get("/trailers")),
  probe("response-trailers-return-1-then-tick", [
    "response_trailers: tick 100; return 1",
    "tick: effective stream; continue 1; tick 0",
  ], get("/trailers")),
  probe("continue-without-pause", [
    "request_headers: continue 0; continue 1; continue 2; continue 3; continue 4",
    "response_headers: continue 0; continue 1",
  ], post("/echo", "hello")),
  probe("close-request-in-request-headers", [
    "request_headers: close 0",
  ], get("/plain")),
  probe("close-response-in-request-headers", [
    "request_headers: close 1",
  ], get("/plain")),
  probe("close-request-in-response-headers", [
    "response_headers: close 0",
  ], get("/plain")),
  probe("close-response-in-response-headers", [
    "response_headers: close 1",
  ], get("/plain")),
  probe("close-response-in-response-body", [
    "response_body: close 1",
  ], get("/chunks")),
  probe("close-in-request-body", ["request_body: close 0"], THREE),
  probe("close-others", [
    "request_headers: close 2; close 3; close 4",
  ], get("/plain")),
  probe("close-from-tick", [
    "request_headers: tick 100; return 1",
    "tick: effective stream; close 0; tick 0",
  ], get("/plain")),
];
