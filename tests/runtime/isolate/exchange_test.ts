/** Exchanges through a chain of no functions: only what answers at its end is asked. */
import assert from "node:assert/strict";
import type { Reply } from "../../../runtime/ingress/incoming.ts";
import type { Arrival } from "../../../runtime/isolate/worker/arrival.ts";
import { serveArrival } from "../../../runtime/isolate/worker/http/serve.ts";
import type { Terminal } from "../../../runtime/isolate/worker/http/terminal.ts";

const NONE = new Uint8Array(0);

const GET: Arrival = {
  method: "GET",
  path: "/",
  authority: "test.example",
  scheme: "http",
  headers: [],
  chain: [],
  body: NONE,
  bodyIsReal: false,
};

/** A reply to nobody. */
const GONE: Reply = {
  listen: (events) => events.gone(),
  whole() {},
  head() {},
  data() {},
  end() {},
  reset() {},
};

Deno.test("a request whose client left before it could begin asks for nothing", () => {
  const asked: string[] = [];
  const terminal: Terminal = {
    headers: () => asked.push("headers"),
    data: () => asked.push("data"),
    trailers: () => asked.push("trailers"),
    reset() {},
    pressure() {},
  };
  const chain = { functions: [], terminal: () => terminal };
  serveArrival(chain, GET, undefined, GONE);
  assert.deepEqual(asked, []);
});
