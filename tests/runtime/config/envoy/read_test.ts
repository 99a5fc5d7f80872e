/** The files of `tests/testdata/envoy`, each of which Envoy 1.40 takes (`envoy --mode validate -c`). */
import assert from "node:assert/strict";
import { loadEnvoy } from "../../../../runtime/config/envoy/load.ts";
import { clustersOf } from "../../../../runtime/host/envoy/clusters.ts";
import { readTestFile } from "./files.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("an HTTP listener's filters, routes and clusters are read", async () => {
  const config = await readTestFile("http.yaml");
  assert.deepEqual(config.node, {
    id: "node-1",
    cluster: "shop",
    metadata: { team: { name: "a" } },
    locality: { region: "r", zone: "z", subZone: "s" },
  });
  assert.deepEqual(config.admin, { host: "127.0.0.1", port: 0 });
  const [listener] = config.listeners;
  assert(listener?.kind === "http");
  assert.equal(listener.name, "main");
  assert.equal(listener.direction, 1);
  assert.deepEqual(listener.metadata, { env: { stage: "test" } });
  assert.equal(listener.httpStatPrefix, "ingress");
  assert(listener.hasRouter);
  const { virtualHosts, headers } = listener.routes;
  assert.deepEqual(headers.response.add, [
    { name: "x-table", value: "100%", action: "append" },
  ]);
  const [api, rest] = virtualHosts;
  assert.deepEqual(api?.domains, ["api.example", "*.api.example"]);
  assert.deepEqual(api?.headers.request.remove, ["x-secret"]);
  assert.deepEqual(api?.metadata, { a: { b: [1, true] } });
  const [hello, versions, to] = api?.routes ?? [];
  assert.deepEqual(hello?.match, {
    path: { kind: "prefix", value: "/hello", caseSensitive: true },
    headers: [
      {
        name: "x-kind",
        test: {
          kind: "string",
          match: { kind: "exact", value: "a", ignoreCase: false },
        },
        invert: false,
        missingIsEmpty: false,
      },
      {
        name: "x-n",
        test: { kind: "range", start: 1, end: 5 },
        invert: false,
        missingIsEmpty: false,
      },
      {
        name: "x-s",
        test: {
          kind: "string",
          match: { kind: "suffix", value: "z", ignoreCase: true },
        },
        invert: true,
        missingIsEmpty: false,
      },
    ],
    query: [{ name: "q", present: true }],
    grpc: false,
  });
  assert(hello?.action.kind === "direct");
  assert.equal(hello.action.status, 201);
  assert.equal(text(hello.action.body), "hello");
  assert(versions?.action.kind === "forward");
  assert.equal(versions.action.timeout, 2500);
  assert.equal(versions.action.prefixRewrite, "/v");
  assert.deepEqual(versions.action.host, { kind: "literal", value: "up" });
  assert(versions.action.cluster.kind === "weighted");
  assert.deepEqual(
    versions.action.cluster.clusters.map(({ name, weight }) => [name, weight]),
    [["one", 30], ["two", 70]],
  );
  assert(to?.action.kind === "redirect");
  assert.deepEqual([to.action.scheme, to.action.status], ["https", 302]);
  assert(rest?.routes[0]?.action.kind === "forward");
  assert.deepEqual(rest.routes[0].action.cluster, {
    kind: "header",
    name: "x-to",
  });
  assert.equal(config.notices.length, 1);
  assert.match(
    config.notices[0] ?? "",
    /typed_config\.access_log: has no effect/,
  );
});

Deno.test("plugins are read, typed directly or through a TypedStruct", async () => {
  const [listener] = (await readTestFile("http.yaml")).listeners;
  assert(listener?.kind === "http");
  const [first, second] = listener.filters;
  assert.equal(first?.filterName, "first");
  const { code, configuration, place, ...plain } = first.plugin;
  assert.deepEqual(plain, {
    name: "first",
    rootId: "root",
    vmId: "shared",
    vmConfiguration: new Uint8Array(),
    environment: { MODE: "test", HOME: "/root" },
    onFailure: "open",
    allowedCapabilities: undefined,
    headersAlone: false,
  });
  assert.equal(text(configuration), '{"a": 1}');
  assert.match(place, /http_filters\[0\]\.typed_config\.config$/);
  assert(code.kind === "bytes");
  assert(WebAssembly.validate(code.bytes as Uint8Array<ArrayBuffer>));
  assert.equal(second?.plugin.name, "second");
  assert.equal(second.plugin.onFailure, "reload");
  assert.equal(second.plugin.headersAlone, true);
  assert.equal(second.plugin.vmId, "shared");
  assert.deepEqual(second.plugin.allowedCapabilities, [
    "proxy_log",
    "proxy_on_request_headers",
  ]);
});

Deno.test("clusters are what the clients of upstreams take", async () => {
  const { clusters } = await readTestFile("http.yaml");
  assert.deepEqual(clustersOf(clusters), {
    one: {
      endpoints: [
        { host: "127.0.0.1", port: 8081 },
        { host: "::1", port: 8081 },
      ],
      protocol: "http1",
      connectTimeout: 250,
    },
    two: {
      endpoints: [{ host: "localhost", port: 8082 }],
      protocol: "http2",
      connectTimeout: 5000,
    },
  });
  assert.equal(clusters[1]?.addressFamily, "v4");
  const tcp = clustersOf((await readTestFile("tcp.yaml")).clusters);
  assert.deepEqual(tcp.other?.tls, {});
});

Deno.test("a TCP listener and a service are read", async () => {
  const config = await readTestFile("tcp.yaml");
  const [listener] = config.listeners;
  assert(listener?.kind === "tcp");
  assert.deepEqual(listener.networkFilters.map(({ plugin }) => plugin.rootId), [
    "net",
  ]);
  assert.deepEqual(listener.proxy, {
    statPrefix: "tcp",
    clusters: [{ name: "db", weight: 1 }, { name: "other", weight: 3 }],
  });
  const [service] = config.services;
  assert.equal(service?.singleton, true);
  assert.equal(service.plugin.name, "service");
  assert.deepEqual([...service.plugin.configuration], [8, 172, 2]);
  assert.equal(text(service.plugin.vmConfiguration), "hi\0");
});

Deno.test("JSON, camelCase, numbers as texts and enums as numbers are read", async () => {
  const [listener] = (await readTestFile("camel.json")).listeners;
  assert(listener?.kind === "http");
  assert.equal(listener.codec, "http1");
  const [route] = listener.routes.virtualHosts[0]?.routes ?? [];
  assert.deepEqual(route?.match.path, {
    kind: "separated_prefix",
    value: "/a",
    caseSensitive: true,
  });
  assert(route.action.kind === "direct");
  assert.equal(route.action.status, 204);
  assert.equal(listener.filters.length, 1);
});

Deno.test("all that is read can be cloned into an isolate", async () => {
  for (const name of ["http.yaml", "tcp.yaml", "camel.json"]) {
    const config = await readTestFile(name);
    assert.deepEqual(structuredClone(config), config);
  }
});

Deno.test("files that the file names are read from disk", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const file = (name: string) =>
      `{"static_resources":{"listeners":[{"address":{"socket_address":{"address":"::","port_value":1}},"filter_chains":[{"filters":[{"name":"h","typed_config":{"@type":"a/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager","stat_prefix":"s","route_config":{"virtual_hosts":[{"name":"v","domains":["*"],"routes":[{"match":{"prefix":"/"},"direct_response":{"status":200,"body":{"filename":"${folder}/${name}"}}}]}]}}}]}]}]}}`;
    await Deno.writeTextFile(`${folder}/small`, "hi");
    await Deno.writeTextFile(`${folder}/large`, "x".repeat(4097));
    const { listeners } = await loadEnvoy("e.json", file("small"));
    assert(listeners[0]?.kind === "http");
    const action = listeners[0].routes.virtualHosts[0]?.routes[0]?.action;
    assert(action?.kind === "direct");
    assert.equal(text(action.body), "hi");
    await assert.rejects(
      loadEnvoy("e.json", file("large")),
      /body\.filename: found 4097 bytes in .*, expected at most 4096$/,
    );
    await assert.rejects(
      loadEnvoy("e.json", file("none")),
      /body\.filename: there is no file /,
    );
    await assert.rejects(loadEnvoy("e.json", file("")), /found no file at /);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
