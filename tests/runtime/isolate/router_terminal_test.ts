import assert from "node:assert/strict";
import { HeaderMap } from "../../../abi/mod.ts";
import { RouterTerminal } from "../../../runtime/isolate/worker/http/router_terminal.ts";
import type { TerminalEvents } from "../../../runtime/isolate/worker/http/terminal.ts";
import type {
  UpstreamEvents,
  UpstreamExchange,
} from "../../../runtime/isolate/worker/upstream.ts";
import { anyHost } from "../ingress/routing.ts";

const REQUEST = new HeaderMap([
  [":method", "GET"],
  [":path", "/"],
  [":authority", "test.example"],
  [":scheme", "http"],
]);

const NOWHERE: TerminalEvents = {
  response: { headers() {}, data() {}, trailers() {} },
  holdRequest() {},
  respondInstead() {},
  routed() {},
  connected() {},
  cut() {},
};

Deno.test("a response waits for a client that held enough before its cluster was asked", async () => {
  const routes = await anyHost({
    match: { prefix: "/" },
    route: { cluster: "a" },
  });
  let consumed = 0;
  const exchange: UpstreamExchange = {
    sendHeaders() {},
    sendData: () => true,
    sendTrailers() {},
    unsent: 0,
    consumed: (bytes) => consumed += bytes,
    reset() {},
  };
  let heard!: UpstreamEvents;
  const terminal = new RouterTerminal({
    routes,
    knows: () => true,
    open: (_cluster, _timeout, events) => {
      heard = events;
      return exchange;
    },
  }, NOWHERE);
  terminal.pressure(true);
  terminal.headers(REQUEST, true);
  heard.headers([[":status", "200"]], false, false);
  heard.data(new Uint8Array(10), false);
  assert.equal(consumed, 0);
  terminal.pressure(false);
  assert.equal(consumed, 10);
});
