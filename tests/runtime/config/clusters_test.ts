import assert from "node:assert/strict";
import { parse, problemsOf } from "./options.ts";

Deno.test("a cluster is an address, or an object with one or several", () => {
  const { clusters } = parse(`{ "clusters": {
    "web": "http://127.0.0.1:8080",
    "secure": "https://api.example",
    "auth": { "url": ["http://10.0.0.1:50051", "http://[::1]:50052"], "http2": true, "connect-timeout": "1s" },
    "db": "tcp://db:5432",
    "bare": "web:8080"
  } }`);
  assert.deepEqual(clusters, {
    web: {
      endpoints: [{ host: "127.0.0.1", port: 8080 }],
      protocol: "http1",
      connectTimeout: 5000,
    },
    secure: {
      endpoints: [{ host: "api.example", port: 443 }],
      protocol: "http1",
      tls: {},
      connectTimeout: 5000,
    },
    auth: {
      endpoints: [{ host: "10.0.0.1", port: 50051 }, {
        host: "::1",
        port: 50052,
      }],
      protocol: "http2",
      connectTimeout: 1000,
    },
    db: {
      endpoints: [{ host: "db", port: 5432 }],
      protocol: "tcp",
      connectTimeout: 5000,
    },
    bare: {
      endpoints: [{ host: "web", port: 8080 }],
      protocol: "http1",
      connectTimeout: 5000,
    },
  });
});

Deno.test("every mistake in the clusters is told at once", () => {
  const expected =
    "http://host:port, https://host:port or tcp://host:port, without a path";
  assert.deepEqual(
    problemsOf({
      clusters: {
        a: "http://h:80/path",
        b: 7,
        c: { url: "http://h", htp2: true },
        d: { url: ["http://h", "tcp://h:1"] },
        e: { url: "tcp://h:1", http2: true, "connect-timeout": 0 },
        f: { url: [] },
        g: { url: "h", http2: 1 },
        h: "http://[zz]:1",
        i: "http://h:65536",
      },
    }),
    [
      `c.json: clusters.a: found "http://h:80/path", expected ${expected}`,
      `c.json: clusters.b: found 7, expected ${expected}, or an object with a "url"`,
      'c.json: clusters.c.htp2: found unknown key "htp2" (did you mean "http2"?), expected one of "url", "http2", "connect-timeout"',
      'c.json: clusters.d.url[1]: found "tcp://h:1", expected http:// as the first has it',
      "c.json: clusters.e.connect-timeout: found 0, expected a duration from 1 to 600000 ms: milliseconds, or a number with ms, s, m or h",
      "c.json: clusters.e.http2: found true, expected a url of http:// or https://",
      `c.json: clusters.f.url: found a list of 0, expected 1 to 256 of ${expected}`,
      `c.json: clusters.g.url: found "h", expected ${expected}`,
      "c.json: clusters.g.http2: found 1, expected true or false",
      `c.json: clusters.h: found "http://[zz]:1", expected ${expected}`,
      `c.json: clusters.i: found "http://h:65536", expected ${expected}`,
    ],
  );
});

Deno.test("the settings upstream and calls are checked where they stand", () => {
  assert.deepEqual(
    problemsOf({
      settings: { upstream: "ftp://h:1", calls: "api:80, nonsense" },
    }),
    [
      'c.json: settings.upstream: found "ftp://h:1", expected http://host:port, https://host:port, tcp://host:port or a cluster\'s name',
      'c.json: settings.calls: found "api:80, nonsense", expected host:port or http(s)://host:port, several with commas between',
    ],
  );
  const config = parse(
    '{"settings":{"upstream":"web","calls":"api:80,https://b"}}',
  );
  assert.equal(config.settings.values.get("upstream"), "web");
});
