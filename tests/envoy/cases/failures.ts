/**
 * Traps in every callback. A plugin whose `proxy_on_vm_start` or `proxy_on_configure` answers 0 is no case: Envoy does not
 * start then, whatever `fail_open` says.
 */
import { type Case, chunked, get, probe } from "../case.ts";

const CALLBACKS = [
  "context_create",
  "request_headers",
  "request_body#1",
  "request_body#end",
  "request_trailers",
  "response_headers",
  "response_body#1",
  "response_body#end",
  "response_trailers",
  "log",
  "done",
  "delete",
];

export const FAILURES: readonly Case[] = [false, true].flatMap((failOpen) => {
  const open = failOpen ? "open" : "closed";
  return [
    ...CALLBACKS.map((callback) => ({
      ...probe(
        `trap-in-${callback.replace(/[_#]/g, "-")}-${open}`,
        [
          `${
            callback === "context_create" ? "context_create#1" : callback
          }: trap`,
        ],
        callback.includes("trailers")
          ? chunked("/trailers", ["one"], "x-end: yes\r\n")
          : chunked("/chunks", ["one", "two"]),
        { failOpen },
      ),
      connections: callback.includes("trailers")
        ? [chunked("/trailers", ["one"], "x-end: yes\r\n"), get("/plain")]
        : [chunked("/chunks", ["one", "two"]), get("/plain")],
    })),
    probe(
      `trap-in-tick-while-paused-${open}`,
      [
        "request_headers: tick 100; return 1",
        "tick: trap",
      ],
      get("/plain"),
      { failOpen },
    ),
    probe(
      `trap-in-call-response-${open}`,
      [
        "request_headers: call callee /plain 1000; return 1",
        "http_call_response: trap",
      ],
      get("/plain"),
      { failOpen },
    ),
    probe(
      `trap-after-local-response-${open}`,
      [
        "request_headers: local 403 denied; trap",
      ],
      get("/plain"),
      { failOpen },
    ),
  ];
});
