/** Expectations here were compared with Envoy 1.40's answers to the same requests. */
import assert from "node:assert/strict";
import { anyHost, ask, body, request, says, tableOf } from "./routing.ts";

Deno.test("the domain that fits best wins, whatever the order", async () => {
  const table = await tableOf([
    { name: "any", domains: ["*"], routes: [says("any")] },
    { name: "com", domains: ["*.com"], routes: [says("com")] },
    { name: "b", domains: ["*.b.com", "*-c.com"], routes: [says("b")] },
    { name: "www", domains: ["www.*"], routes: [says("www")] },
    { name: "long", domains: ["www.long.*"], routes: [says("long")] },
    {
      name: "exact",
      domains: ["a.com", "A.org", "p:8080"],
      routes: [says("exact")],
    },
  ]);
  const found = Object.fromEntries(
    [
      "a.com",
      "A.COM",
      "a.org",
      "x.com",
      ".com",
      "x.b.com",
      "b.com",
      "x-c.com",
      "-c.com",
      "www.x",
      "www.",
      "www.long.x",
      "www.com",
      "a.com:80",
      "p:8080",
      "p",
    ].map((
      authority,
    ) => [authority, body(table, request("/", {}, { authority }))]),
  );
  assert.deepEqual(found, {
    "a.com": "exact",
    "A.COM": "exact",
    "a.org": "exact",
    "x.com": "com",
    ".com": "any",
    "x.b.com": "b",
    "b.com": "com",
    "x-c.com": "b",
    "-c.com": "com",
    "www.x": "www",
    "www.": "any",
    "www.long.x": "long",
    "www.com": "com",
    "a.com:80": "any",
    "p:8080": "exact",
    "p": "any",
  });
});

Deno.test("a port is left out of the authority where the table says so", async () => {
  const table = await tableOf(
    [{ name: "v", domains: ["a.com", "[::1]"], routes: [says("v")] }],
    { ignore_port_in_host_matching: true },
  );
  for (const authority of ["a.com", "a.com:80", "[::1]:80", "[::1]"]) {
    assert.equal(body(table, request("/", {}, { authority })), "v", authority);
  }
  assert.equal(ask(table, request("/", {}, { authority: "b.com:80" })), "404");
});

Deno.test("the first route that matches wins; none is 404", async () => {
  const table = await anyHost(
    says("exact", { path: "/exact" }),
    says("ci", { path: "/CI", case_sensitive: false }),
    says("sep", { path_separated_prefix: "/sep" }),
    says("regex", { safe_regex: { regex: "/re/[0-9]+" } }),
    says("prefix", { prefix: "/p" }),
    says("late", { path: "/p/late" }),
  );
  const cases: Record<string, string> = {
    "/exact": "exact",
    "/exact?x": "exact",
    "/exact/": "404",
    "/ci": "ci",
    "/sep": "sep",
    "/sep/a": "sep",
    "/sep?x": "sep",
    "/separate": "404",
    "/re/12?x": "regex",
    "/re/12/": "404",
    "/p/late": "prefix",
    "/P": "404",
  };
  for (const [path, expected] of Object.entries(cases)) {
    assert.equal(body(table, request(path)), expected, path);
  }
});

Deno.test("headers match by each kind, and inverted", async () => {
  const header = (match: Record<string, unknown>) =>
    anyHost(says("yes", { prefix: "/", headers: [{ name: "X-Y", ...match }] }));
  const cases: [Record<string, unknown>, Record<string, boolean>][] = [
    [{ exact_match: "v" }, { v: true, V: false, "": false, none: false }],
    [{ prefix_match: "v" }, { v1: true, av: false, none: false }],
    [{ suffix_match: "v" }, { "1v": true, va: false }],
    [{ contains_match: "v" }, { avb: true, ab: false }],
    [{ safe_regex_match: { regex: "r[0-9]" } }, { r1: true, r12: false }],
    [{ range_match: { start: 1, end: 10 } }, {
      "1": true,
      "9": true,
      "10": false,
      "5.0": false,
      "+5": true,
      abc: false,
    }],
    [{}, { x: true, "": true, none: false }],
    [{ exact_match: "" }, { x: true, "": true, none: false }],
    [{ string_match: { exact: "" } }, { x: false, "": true, none: false }],
    [{ present_match: false }, { x: false, none: true }],
    [{ present_match: true, invert_match: true }, { x: false, none: true }],
    [{ string_match: { exact: "V", ignore_case: true } }, { v: true }],
    [{ exact_match: "v", invert_match: true }, {
      v: false,
      x: true,
      none: false,
    }],
    [
      {
        exact_match: "v",
        invert_match: true,
        treat_missing_header_as_empty: true,
      },
      { v: false, none: true },
    ],
  ];
  for (const [match, values] of cases) {
    const table = await header(match);
    for (const [value, expected] of Object.entries(values)) {
      const headers: Record<string, string> = value === "none"
        ? {}
        : { "x-y": value };
      const found = ask(table, request("/", headers)) !== "404";
      assert.equal(found, expected, `${JSON.stringify(match)} with ${value}`);
    }
  }
});

Deno.test("of a header's several values one has to match, inverted none may", async () => {
  const several = request("/", { x: ["a", "b"] });
  const table = (match: Record<string, unknown>) =>
    anyHost(says("yes", { prefix: "/", headers: [{ name: "x", ...match }] }));
  assert.equal(body(await table({ exact_match: "b" }), several), "yes");
  assert.equal(ask(await table({ exact_match: "a,b" }), several), "404");
  const inverted = { exact_match: "a", invert_match: true };
  assert.equal(ask(await table(inverted), several), "404");
});

Deno.test("the request line's parts match as headers", async () => {
  const table = await anyHost(
    says("post", {
      prefix: "/",
      headers: [{ name: ":method", exact_match: "POST" }],
    }),
    says("host", {
      prefix: "/",
      headers: [{ name: "host", exact_match: "h" }],
    }),
  );
  assert.equal(body(table, request("/", {}, { method: "POST" })), "post");
  assert.equal(body(table, request("/", {}, { authority: "h" })), "host");
  assert.equal(ask(table, request("/")), "404");
});

Deno.test("query parameters match by their first value, undecoded", async () => {
  const table = await anyHost(
    says("is", {
      path: "/is",
      query_parameters: [{ name: "a", string_match: { exact: "b%20c" } }],
    }),
    says("there", { path: "/there", query_parameters: [{ name: "a" }] }),
    says("not", {
      path: "/not",
      query_parameters: [{ name: "a", present_match: false }],
    }),
  );
  const cases: Record<string, string> = {
    "/is?a=b%20c": "is",
    "/is?a=b+c": "404",
    "/is?a=x&a=b%20c": "404",
    "/there?a": "there",
    "/there?b&a=": "there",
    "/there?A=1": "404",
    "/there?%61=1": "404",
    "/not": "not",
    "/not?b": "not",
    "/not?a": "404",
  };
  for (const [path, expected] of Object.entries(cases)) {
    assert.equal(body(table, request(path)), expected, path);
  }
});

Deno.test("a gRPC route takes gRPC alone", async () => {
  const table = await anyHost(says("grpc", { prefix: "/", grpc: {} }));
  const cases: Record<string, string> = {
    "application/grpc": "grpc",
    "application/grpc+proto": "grpc",
    "application/grpc-web": "404",
    "application/grpc;x": "404",
  };
  for (const [type, expected] of Object.entries(cases)) {
    assert.equal(
      body(table, request("/", { "content-type": type })),
      expected,
      type,
    );
  }
  assert.equal(ask(table, request("/")), "404");
});
