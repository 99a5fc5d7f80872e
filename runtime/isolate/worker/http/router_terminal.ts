/** The end of a chain that is a route table of Envoy's: the route is looked for in the request as functions left it. */
import { HeaderMap, type StreamSink } from "../../../../abi/mod.ts";
import type {
  HeaderChanges,
  RouteTable,
} from "../../../config/envoy/route_model.ts";
import { editHeaders } from "../../../ingress/header_edits.ts";
import {
  changesOf,
  type ForwardOutcome,
  outcomeOf,
} from "../../../ingress/route_action.ts";
import { findRoute, type RouteRequest } from "../../../ingress/routes.ts";
import type { UpstreamEvents, UpstreamExchange } from "../upstream.ts";
import type { Terminal, TerminalEvents } from "./terminal.ts";
import { UpstreamTerminal } from "./upstream_terminal.ts";

export interface RouterOptions {
  routes: RouteTable;
  /** Whether there is a cluster of that name. */
  knows(cluster: string): boolean;
  /** Begins an exchange with a cluster; `timeout` in milliseconds, 0 none. */
  open(
    cluster: string,
    timeout: number,
    events: UpstreamEvents,
  ): UpstreamExchange;
}

const NOTHING = new Uint8Array(0);

export class RouterTerminal implements Terminal {
  readonly #options: RouterOptions;
  readonly #events: TerminalEvents;
  #upstream: UpstreamTerminal | undefined;
  /** As it was said last, perhaps before there was an upstream. */
  #pressed = false;

  constructor(options: RouterOptions, events: TerminalEvents) {
    this.#options = options;
    this.#events = events;
  }

  headers(map: HeaderMap, end: boolean): void {
    const { routes } = this.#options;
    const path = map.get(":path");
    const scheme = map.get(":scheme");
    if (path === undefined || scheme === undefined) return this.#answer(404);
    const method = map.get(":method");
    if (method === undefined) {
      return this.#answer(503, "missing required header: :method");
    }
    const request = requestOf(map, method, scheme, path);
    const found = findRoute(routes, request);
    if (found === undefined) return this.#answer(404, "", "route_not_found");
    const outcome = outcomeOf(found, request);
    const cluster = outcome.kind === "forward" ? outcome.cluster : "";
    this.#events.routed(found.route?.name ?? "", cluster);
    const changes = found.route === undefined
      ? []
      : changesOf(routes, found, outcome);
    switch (outcome.kind) {
      case "none":
        return this.#answer(503);
      case "answer":
        return this.#events.respondInstead({
          status: outcome.status,
          details: "direct_response",
          headers: edited(
            outcome.location === undefined
              ? []
              : [["location", outcome.location]],
            changes,
            "response",
          ),
          body: outcome.body,
          grpcStatus: -1,
        });
      case "forward":
        return this.#forward(map, end, outcome, changes);
    }
  }

  data(bytes: Uint8Array, end: boolean): void {
    this.#upstream?.data(bytes, end);
  }

  trailers(map: HeaderMap): void {
    this.#upstream?.trailers(map);
  }

  reset(): void {
    this.#upstream?.reset();
    this.#upstream = undefined;
  }

  pressure(on: boolean): void {
    this.#pressed = on;
    this.#upstream?.pressure(on);
  }

  #forward(
    map: HeaderMap,
    end: boolean,
    outcome: ForwardOutcome,
    changes: readonly HeaderChanges[],
  ): void {
    const { cluster, notFoundStatus, timeout } = outcome;
    if (!this.#options.knows(cluster)) {
      return this.#answer(notFoundStatus, "", "cluster_not_found");
    }
    const sent = new HeaderMap(edited(map.pairs, changes, "request"));
    sent.replace(":path", outcome.path);
    if (outcome.originalPath !== undefined) {
      sent.replace("x-envoy-original-path", outcome.originalPath);
    }
    if (outcome.forwardedHost !== undefined) {
      sent.add("x-forwarded-host", outcome.forwardedHost);
    }
    if (outcome.authority === undefined) sent.remove(":authority");
    else sent.replace(":authority", outcome.authority);
    this.#upstream = new UpstreamTerminal(
      (events) => this.#options.open(cluster, timeout, events),
      this.#edited(changes),
    );
    this.#upstream.pressure(this.#pressed);
    this.#upstream.headers(sent, end);
  }

  /** The events, of which the response comes with the route's changes. */
  #edited(changes: readonly HeaderChanges[]): TerminalEvents {
    const events = this.#events;
    return {
      holdRequest: (on) => events.holdRequest(on),
      respondInstead: (response) => events.respondInstead(response),
      routed: (route, cluster) => events.routed(route, cluster),
      connected: (ends) => events.connected(ends),
      cut: (why) => events.cut(why),
      response: edits(events.response, changes),
    };
  }

  #answer(status: number, body = "", details = ""): void {
    this.#events.respondInstead({
      status,
      details,
      headers: [],
      body: body === "" ? NOTHING : new TextEncoder().encode(body),
      grpcStatus: -1,
    });
  }
}

/** A sink into `response` that makes a route's changes. */
function edits(
  response: StreamSink,
  changes: readonly HeaderChanges[],
): StreamSink {
  return {
    headers: (map, end) =>
      response.headers(
        new HeaderMap(edited(map.pairs, changes, "response")),
        end,
      ),
    data: (bytes, end) => response.data(bytes, end),
    trailers: (map) => response.trailers(map),
  };
}

function requestOf(
  map: HeaderMap,
  method: string,
  scheme: string,
  path: string,
): RouteRequest {
  return {
    method,
    scheme,
    authority: map.get(":authority") ?? "",
    path,
    headers: (name) =>
      map.pairs.filter(([other]) => other === name).map(([, value]) => value),
    random: Math.random,
  };
}

function edited(
  pairs: readonly (readonly [string, string])[],
  changes: readonly HeaderChanges[],
  side: "request" | "response",
): [string, string][] {
  let result: readonly (readonly [string, string])[] = pairs;
  for (const change of changes) result = editHeaders(result, change[side]);
  return result.map(([name, value]) => [name, value]);
}
