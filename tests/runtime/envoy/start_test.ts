import assert from "node:assert/strict";
import { plugin, withEnvoy } from "./harness.ts";
import { cluster, file, HELLO, http, wasm } from "./yaml.ts";

/** Logs \`text\` in the headers of either direction, and marks the answer with a field of that name. */
function marker(letter: string): string {
  const say = `(call $say (i32.const ${letter.charCodeAt(0)}))`;
  return plugin({
    proxy_on_request_headers: `${say} (i32.const 0)`,
    proxy_on_response_headers: `${say}
      (drop (call $header (i32.const 2) (i32.const 64) (i32.const 3)
        (i32.const 66) (i32.const 1))) (i32.const 0)`,
    proxy_on_log: say,
  }, `(data (i32.const 64) "x-${letter}")`);
}

Deno.test("a chain of plugins stands around a direct response: requests in order, responses in reverse", () =>
  withEnvoy(
    file([
      http("one", [wasm("@a@"), wasm("@b@", { name: "second" })], [HELLO]),
    ]),
    { a: marker("a"), b: marker("b") },
    async ({ url, log, logged }) => {
      const response = await fetch(url());
      assert.equal(await response.text(), "hello");
      assert.equal(response.headers.get("x-a"), "a");
      assert.equal(response.headers.get("x-b"), "b");
      await logged("wasm log second: b", 3);
      const letters = [...log().matchAll(/wasm log[a-z ]*: ([ab])\n/g)]
        .map(([, letter]) => letter).join("");
      assert.equal(letters, "abbaab");
      assert.match(
        log(),
        /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}\]\[\d+\]\[info\]\[wasm\] \[source\/extensions\/common\/wasm\/context\.cc:\d+\] wasm log second: b$/m,
      );
    },
  ));

Deno.test("a path with a fragment is 400 before any plugin sees it", () =>
  withEnvoy(
    file([http("one", [wasm("@a@")], [HELLO])]),
    { a: marker("a") },
    async ({ url, log, logged }) => {
      const { hostname, port } = new URL(url());
      for (const [path, status] of [["/a#b", 400], ["/a", 200]] as const) {
        using conn = await Deno.connect({ hostname, port: Number(port) });
        await conn.write(
          new TextEncoder().encode(
            `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
          ),
        );
        const answer = await new Response(conn.readable).text();
        assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      }
      // Request headers, response headers and the end: once for one of the two.
      await logged("wasm log: a", 3);
      assert.equal(log().split("wasm log: a").length, 4);
    },
  ));

Deno.test("routes send requests to clusters, which may be another listener's", async () => {
  const service = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => new Response(`service saw ${new URL(request.url).pathname}`),
  );
  try {
    await withEnvoy(
      file(
        [http("one", [wasm("@a@")], [
          `{ match: { path: /local }, direct_response: { status: 418 } }`,
          `{ match: { prefix: /api/ }, route: { cluster: web, prefix_rewrite: /v1/ } }`,
          `{ match: { prefix: /gone }, route: { cluster: down } }`,
        ])],
        [cluster("web", service.addr.port), cluster("down", 1)],
      ),
      { a: marker("a") },
      async ({ url }) => {
        const ask = async (path: string) => {
          const response = await fetch(url() + path);
          assert.equal(response.headers.get("x-a"), "a");
          return [response.status, await response.text()];
        };
        assert.deepEqual(await ask("/api/x"), [200, "service saw /v1/x"]);
        assert.deepEqual(await ask("/local"), [418, ""]);
        assert.deepEqual(await ask("/none"), [404, ""]);
        const [status, text] = await ask("/gone");
        assert.equal(status, 503);
        assert.match(String(text), /^upstream connect error/);
      },
    );
  } finally {
    await service.shutdown();
  }
});

Deno.test("plugins of one vm_id, code and configuration share a VM, a root each", () => {
  // Counts the roots of its VM, and says its number and its configuration.
  const counts = plugin({
    proxy_on_context_create: `(if (i32.eqz (local.get 1)) (then
      (global.set $roots (i32.add (global.get $roots) (i32.const 1)))))`,
    proxy_on_configure:
      `(call $say (i32.add (i32.const 48) (global.get $roots)))
      (call $tell (i32.const 7)) (i32.const 1)`,
  }, `(global $roots (mut i32) (i32.const 0))`);
  return withEnvoy(
    file([http("one", [
      wasm("@c@", { vm: "same", root: "r1", config: "first" }),
      wasm("@c@", { vm: "same", root: "r2", config: "second" }),
      wasm("@c@", { vm: "other", root: "r3", config: "third" }),
    ], [HELLO])]),
    { c: counts },
    async ({ url, log }) => {
      assert.equal(await (await fetch(url())).text(), "hello");
      const said = [...log().matchAll(/wasm log (.*)\n/g)].map(([, s]) => s);
      assert.deepEqual(said, [
        "r1 same: 1",
        "r1 same: first",
        "r2 same: 2",
        "r2 same: second",
        "r3 other: 1",
        "r3 other: third",
      ]);
    },
  );
});

Deno.test("a plugin that fails is 500 and open is left out where the file says fail_open (trap 29)", async () => {
  const traps = plugin({ proxy_on_request_headers: "unreachable" });
  const filters = (more: string) => [wasm("@t@", { more }), wasm("@a@")];
  const guests = { t: traps, a: marker("a") };
  await withEnvoy(
    file([
      http("closed", filters(""), [HELLO]),
      http("open", filters("fail_open: true,"), [HELLO]),
    ]),
    guests,
    async ({ url }) => {
      const closed = await fetch(url(0));
      assert.equal(closed.status, 500);
      await closed.body?.cancel();
      const open = await fetch(url(1));
      assert.equal(await open.text(), "hello");
      assert.equal(open.headers.get("x-a"), "a");
    },
  );
});

Deno.test("network plugins stand before a TCP proxy, and the admin address says what listens", async () => {
  const echo = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const served = (async () => {
    for await (const conn of echo) {
      await conn.readable.pipeTo(conn.writable).catch(() => {});
    }
  })();
  const { port } = echo.addr as Deno.NetAddr;
  const tells = plugin({
    proxy_on_downstream_data: "(call $tell (i32.const 2)) (i32.const 0)",
    proxy_on_upstream_data: `(call $tell (i32.const 3))
      (call $ask (i32.const 64) (i32.const 16)) (i32.const 0)`,
  }, String.raw`(data (i32.const 64) "upstream\00address")`);
  const yaml =
    `admin: { address: { socket_address: { address: 127.0.0.1, port_value: 0 } } }
${
      file([`  - name: tcp
    address: { socket_address: { address: 127.0.0.1, port_value: 0 } }
    filter_chains:
    - filters:
      - ${wasm("@t@").replace("filters.http.wasm", "filters.network.wasm")}
      - name: proxy
        typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: tcp, cluster: echo }
`], [cluster("echo", port)])
    }`;
  try {
    await withEnvoy(yaml, { t: tells }, async ({ host, logged }) => {
      const conn = await Deno.connect({
        hostname: "127.0.0.1",
        port: host.listeners[0]!.port,
      });
      await conn.write(new TextEncoder().encode("ping"));
      const buffer = new Uint8Array(10);
      const size = await conn.read(buffer);
      assert.equal(new TextDecoder().decode(buffer.subarray(0, size!)), "ping");
      await logged("wasm log: ping", 2);
      await logged(`wasm log: 127.0.0.1:${port}\n`);
      conn.close();
      const admin = await fetch(
        `http://127.0.0.1:${host.admin!.port}/listeners`,
      );
      assert.match(await admin.text(), /^tcp::127\.0\.0\.1:\d+\n$/);
    });
  } finally {
    echo.close();
    await served;
  }
});

Deno.test("a plugin that cannot start is named with its place in the file", async () => {
  const refuses = plugin({ proxy_on_configure: "(i32.const 0)" });
  await assert.rejects(
    withEnvoy(
      file([http("one", [wasm("@r@")], [HELLO])]),
      { r: refuses },
      () => Promise.resolve(),
    ),
    /http_filters\[0\].*: proxy_on_configure answered 0/,
  );
});

Deno.test("a plugin can ask for the route and the cluster of its exchange", () => {
  const asks = plugin({
    proxy_on_log: `(call $ask (i32.const 64) (i32.const 10))
      (call $ask (i32.const 80) (i32.const 12))`,
  }, `(data (i32.const 64) "route_name") (data (i32.const 80) "cluster_name")`);
  return withEnvoy(
    file(
      [http("one", [wasm("@p@")], [
        `{ name: first, match: { prefix: / }, route: { cluster: down } }`,
      ])],
      [cluster("down", 1)],
    ),
    { p: asks },
    async ({ url, logged }) => {
      await (await fetch(url())).body?.cancel();
      await logged("wasm log: first");
      await logged("wasm log: down");
    },
  );
});
