/** Redirects here were compared with Envoy 1.40's. */
import assert from "node:assert/strict";
import { editHeaders } from "../../../runtime/ingress/header_edits.ts";
import {
  changesOf,
  type ForwardOutcome,
  outcomeOf,
} from "../../../runtime/ingress/route_action.ts";
import {
  findRoute,
  type RouteRequest,
} from "../../../runtime/ingress/routes.ts";
import { anyHost, ask, request, says, tableOf } from "./routing.ts";

Deno.test("an answer of the file's own has a location where it is 201 or 3xx", async () => {
  const locations: Record<number, string | undefined> = {};
  const statuses = [200, 201, 202, 300, 302, 304, 399, 404];
  for (const status of statuses) {
    const routes = await anyHost({
      match: { prefix: "/" },
      direct_response: { status, body: { inline_string: "b" } },
    });
    const outcome = ask(
      routes,
      request("/a?b", {}, { authority: "h:80" }),
    );
    assert(outcome !== "404" && outcome.kind === "answer");
    locations[status] = outcome.location;
  }
  const there = "http://h:80/a?b";
  assert.deepEqual(locations, {
    200: undefined,
    201: there,
    202: undefined,
    300: there,
    302: there,
    304: there,
    399: there,
    404: undefined,
  });
});

Deno.test("a redirect changes what it names and keeps the rest", async () => {
  const to = (
    match: Record<string, unknown>,
    redirect: Record<string, unknown>,
  ) => anyHost({ match, redirect });
  const cases: [
    Record<string, unknown>,
    Record<string, unknown>,
    [authority: string, path: string],
    string,
  ][] = [
    [
      { prefix: "/" },
      { https_redirect: true },
      ["h:80", "/a?b"],
      "https://h/a?b",
    ],
    [{ prefix: "/" }, { https_redirect: true }, ["h:81", "/"], "https://h:81/"],
    [
      { prefix: "/" },
      { https_redirect: true },
      ["h:443", "/"],
      "https://h:443/",
    ],
    [{ prefix: "/" }, { port_redirect: 8443 }, ["h:80", "/"], "http://h:8443/"],
    [
      { prefix: "/" },
      { port_redirect: 1 },
      ["[::1]:80", "/"],
      "http://[::1]:1/",
    ],
    [{ prefix: "/" }, { host_redirect: "o" }, ["h:80", "/a"], "http://o/a"],
    [{ prefix: "/" }, { path_redirect: "/n" }, ["h", "/a?b"], "http://h/n?b"],
    [{ prefix: "/" }, { path_redirect: "/n?c" }, ["h", "/a?b"], "http://h/n?c"],
    [{ prefix: "/" }, { strip_query: true }, ["h", "/a?b"], "http://h/a"],
    [
      { prefix: "/pre/" },
      { prefix_rewrite: "/new/" },
      ["h", "/pre/a?b"],
      "http://h/new/a?b",
    ],
    [{ path: "/pp" }, { prefix_rewrite: "/n" }, ["h", "/pp?x"], "http://h/n?x"],
  ];
  for (const [match, redirect, [authority, path], location] of cases) {
    const outcome = ask(
      await to(match, redirect),
      request(path, {}, { authority }),
    );
    assert(outcome !== "404" && outcome.kind === "answer");
    assert.equal(outcome.location, location, JSON.stringify(redirect));
    assert.equal(outcome.status, 301);
  }
});

Deno.test("a host that wants TLS redirects plain requests", async () => {
  const table = await tableOf([{
    name: "v",
    domains: ["*"],
    require_tls: "ALL",
    routes: [says("in")],
  }]);
  const plain = ask(table, request("/a?b"));
  assert(plain !== "404" && plain.kind === "answer");
  assert.deepEqual([plain.status, plain.location], [301, "https://host/a?b"]);
  const secure = ask(table, request("/a", {}, { scheme: "https" }));
  assert(secure !== "404" && secure.kind === "answer");
  assert.equal(secure.status, 200);
});

Deno.test("a route forwards to its cluster, with path and host rewritten", async () => {
  const forward = async (
    route: Record<string, unknown>,
    req: RouteRequest = request("/api/x?q=1"),
    match: Record<string, unknown> = { prefix: "/api" },
  ): Promise<ForwardOutcome> => {
    const outcome = ask(await anyHost({ match, route }), req);
    assert(outcome !== "404" && outcome.kind === "forward");
    return outcome;
  };
  assert.deepEqual(await forward({ cluster: "a" }), {
    kind: "forward",
    cluster: "a",
    notFoundStatus: 503,
    path: "/api/x?q=1",
    authority: "host",
    timeout: 15000,
  });
  const rewritten = await forward({
    cluster: "a",
    prefix_rewrite: "/v2",
    host_rewrite_literal: "up",
    append_x_forwarded_host: true,
    timeout: "0s",
  });
  assert.equal(rewritten.path, "/v2/x?q=1");
  assert.equal(rewritten.originalPath, "/api/x?q=1");
  assert.equal(rewritten.authority, "up");
  assert.equal(rewritten.forwardedHost, "host");
  assert.equal(rewritten.timeout, 0);
  const auto = await forward({ cluster: "a", auto_host_rewrite: true });
  assert.equal(auto.authority, undefined);
  const byHeader = await forward(
    { cluster_header: "X-To", host_rewrite_header: "x-host" },
    request("/api", { "x-to": "b", "x-host": "other" }),
  );
  assert.deepEqual([byHeader.cluster, byHeader.authority], ["b", "other"]);
  const nowhere = await forward({
    cluster_header: "x-to",
    cluster_not_found_response_code: "NOT_FOUND",
  });
  assert.deepEqual([nowhere.cluster, nowhere.notFoundStatus], ["", 404]);
  const regex = await forward(
    { cluster: "a", prefix_rewrite: "/n" },
    request("/x1?q"),
    { safe_regex: { regex: "/x[0-9]" } },
  );
  assert.equal(regex.path, "/n?q");
});

Deno.test("weights share requests out", async () => {
  const table = await anyHost({
    match: { prefix: "/" },
    route: {
      weighted_clusters: {
        clusters: [{ name: "a", weight: 25 }, { name: "b", weight: 75 }, {
          name: "a",
          weight: 0,
        }],
      },
    },
  });
  const pick = (random: number) => {
    const outcome = ask(table, request("/", {}, { random: () => random }));
    assert(outcome !== "404" && outcome.kind === "forward");
    return outcome.cluster;
  };
  assert.deepEqual([0, 0.2499, 0.25, 0.9999].map(pick), ["a", "a", "b", "b"]);
});

Deno.test("header changes go from the route outwards, or the other way round", async () => {
  const adds = (value: string) => ({
    response_headers_to_add: [{
      header: { key: "X", value },
      append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
    }],
  });
  const hosts = [{
    name: "v",
    domains: ["*"],
    routes: [{ ...says("r"), ...adds("route") }],
    ...adds("host"),
  }];
  for (
    const [more, expected] of [
      [{}, "table"],
      [{ most_specific_header_mutations_wins: true }, "route"],
    ] as const
  ) {
    const table = await tableOf(hosts, { ...adds("table"), ...more });
    const found = findRoute(table, request("/"));
    assert(found?.route !== undefined);
    const outcome = outcomeOf(found, request("/"));
    let headers: readonly (readonly [string, string])[] = [];
    for (const { response } of changesOf(table, found, outcome)) {
      headers = editHeaders(headers, response);
    }
    assert.deepEqual(headers, [["x", expected]]);
  }
});

Deno.test("each way of adding a header does what it says", () => {
  const before = [["a", "1"], ["b", "2"], ["a", "3"]] as const;
  const edit = (
    action: "append" | "add_if_absent" | "overwrite" | "replace",
    name: string,
  ) =>
    editHeaders(before, { remove: ["b"], add: [{ name, value: "n", action }] });
  assert.deepEqual(edit("append", "a"), [["a", "1"], ["a", "3"], ["a", "n"]]);
  assert.deepEqual(edit("add_if_absent", "a"), [["a", "1"], ["a", "3"]]);
  assert.deepEqual(edit("add_if_absent", "b"), [
    ["a", "1"],
    ["a", "3"],
    ["b", "n"],
  ]);
  assert.deepEqual(edit("overwrite", "a"), [["a", "n"]]);
  assert.deepEqual(edit("replace", "c"), [["a", "1"], ["a", "3"]]);
  assert.deepEqual(edit("replace", "a"), [["a", "n"]]);
});
