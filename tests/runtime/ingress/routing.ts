/** Route tables and requests of the tests, as a file of Envoy's shape has them. */
import assert from "node:assert/strict";
import { parseEnvoy } from "../../../runtime/config/envoy/mod.ts";
import type { RouteTable } from "../../../runtime/config/envoy/route_model.ts";
import {
  outcomeOf,
  type RouteOutcome,
} from "../../../runtime/ingress/route_action.ts";
import {
  findRoute,
  type RouteRequest,
} from "../../../runtime/ingress/routes.ts";

/** The table of those virtual hosts; clusters `a` and `b` are there. */
export async function tableOf(
  virtualHosts: unknown[],
  more: Record<string, unknown> = {},
): Promise<RouteTable> {
  const hcm = {
    "@type":
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "s",
    route_config: { virtual_hosts: virtualHosts, ...more },
  };
  const config = await parseEnvoy(
    JSON.stringify({
      static_resources: {
        listeners: [{
          address: { socket_address: { address: "0.0.0.0", port_value: 0 } },
          filter_chains: [{ filters: [{ name: "h", typed_config: hcm }] }],
        }],
        clusters: [{ name: "a" }, { name: "b" }],
      },
    }),
    {
      file: "e.json",
      cwd: "/",
      env: {},
      files: {
        read: () => assert.fail("no file is read"),
        problem: () => undefined,
      },
    },
  );
  const [listener] = config.listeners;
  assert(listener?.kind === "http");
  return listener.routes;
}

/** One virtual host of all domains with these routes. */
export function anyHost(...routes: unknown[]): Promise<RouteTable> {
  return tableOf([{ name: "v", domains: ["*"], routes }]);
}

/** A route that answers with its name. */
export function says(
  name: string,
  match: Record<string, unknown> = { prefix: "/" },
): Record<string, unknown> {
  return {
    name,
    match,
    direct_response: { status: 200, body: { inline_string: name } },
  };
}

/** A request for `path`; more headers than one of a name are a list. */
export function request(
  path: string,
  headers: Record<string, string | string[]> = {},
  more: Partial<RouteRequest> = {},
): RouteRequest {
  return {
    method: "GET",
    scheme: "http",
    authority: "host",
    path,
    headers: (name) => {
      const value = headers[name];
      return value === undefined ? [] : [value].flat();
    },
    random: () => 0,
    ...more,
  };
}

/** What becomes of a request; "404" where no route matches. */
export function ask(
  table: RouteTable,
  request: RouteRequest,
): RouteOutcome | "404" {
  const found = findRoute(table, request);
  return found === undefined ? "404" : outcomeOf(found, request);
}

/** The body of the answer; "404" where no route matches. */
export function body(table: RouteTable, request: RouteRequest): string {
  const outcome = ask(table, request);
  if (outcome === "404") return outcome;
  assert.equal(outcome.kind, "answer");
  return outcome.kind === "answer"
    ? new TextDecoder().decode(outcome.body)
    : "";
}
