import assert from "node:assert/strict";
import type { Facts } from "../../../abi/host.ts";
import { TcpContext } from "../../../abi/proxywasm/contexts.ts";
import { decodePairs } from "../../../abi/proxywasm/pairs.ts";
import { bytes } from "../guests.ts";
import { PluginProbe, type ProbeSettings } from "../probe.ts";

const PATH = 0x100;
const VALUE = 0x200;
const R = 0x300;

function probe(settings: ProbeSettings = {}): PluginProbe {
  return new PluginProbe({
    options: { rootId: "röt", pluginName: "name", vmId: "" },
    request: {
      method: "POST",
      path: "/a/b?c=d&e",
      authority: "host.example:80",
      scheme: "https",
      headers: [["user-agent", "curl"], ["x-request-id", "77"]],
      body: bytes("12345"),
      bodyIsReal: true,
    },
    ...settings,
  });
}

function read(guest: PluginProbe, path: string): number | Uint8Array {
  const size = guest.put(PATH, path.replaceAll(".", "\0"));
  const status = guest.call("proxy_get_property", PATH, size, R, R + 4);
  return status === 0 ? guest.given(R, R + 4) : status;
}

function write(guest: PluginProbe, path: string, value: string): number {
  return guest.call(
    "proxy_set_property",
    PATH,
    guest.put(PATH, path.replaceAll(".", "\0")),
    VALUE,
    guest.put(VALUE, value),
  );
}

/** ABI.md §4.2; dots stand for zero bytes. */
const TEXTS: [path: string, value: string][] = [
  ["plugin_root_id", "röt"],
  ["plugin_name", "name"],
  ["plugin_vm_id", ""],
  ["request.method", "POST"],
  ["request.path", "/a/b?c=d&e"],
  ["request.url_path", "/a/b"],
  ["request.query", "c=d&e"],
  ["request.host", "host.example:80"],
  ["request.scheme", "https"],
  ["request.useragent", "curl"],
  ["request.id", "77"],
  ["request.headers.user-agent", "curl"],
  ["request.headers.User-Agent", "curl"],
];

for (const [path, value] of TEXTS) {
  Deno.test(`property ${path} is its text`, () => {
    assert.deepEqual(read(probe(), path), bytes(value));
  });
}

Deno.test("an empty property is status 0 with address 0: C and AssemblyScript abort on anything else for plugin_root_id (trap 12) (trap 35)", () => {
  const guest = probe({ options: { rootId: "" }, onRoot: true });
  const size = guest.put(PATH, "plugin_root_id");
  assert.equal(guest.call("proxy_get_property", PATH, size, R, R + 4), 0);
  assert.equal(guest.u32(R), 0);
  assert.equal(guest.u32(R + 4), 0);
});

Deno.test("numbers are eight bytes, maps are pairs", () => {
  const guest = probe();
  assert.deepEqual(
    read(guest, "request.size"),
    new Uint8Array([5, 0, 0, 0, 0, 0, 0, 0]),
  );
  const map = read(guest, "request.headers") as Uint8Array;
  assert.deepEqual(decodePairs(map), [
    ["user-agent", "curl"],
    ["x-request-id", "77"],
  ]);
  const time = read(guest, "request.time") as Uint8Array;
  const ns = new DataView(time.buffer).getBigUint64(0, true);
  assert.ok(ns / 1_000_000n <= BigInt(Date.now()));
  assert.ok(ns > 1_600_000_000_000_000_000n);
});

const FACTS: Facts = {
  source: { hostname: "10.1.2.3", port: 41234 },
  destination: { hostname: "fd00::7", port: 2045 },
  connectionId: 9,
  protocol: "HTTP/1.1",
  routeName: "main",
  clusterName: "web",
  upstream: { hostname: "10.9.9.9", port: 80 },
  upstreamLocal: { port: 5 },
  codeDetails: "via_upstream",
};

/** ABI.md §4.2, as Envoy encodes them: text, a whole number of 8 bytes, a byte, or 1 for what is not there. */
const OF_FACTS: [path: string, value: string | bigint | boolean | number][] = [
  ["source.address", "10.1.2.3:41234"],
  ["source.port", 41234n],
  ["destination.address", "[fd00::7]:2045"],
  ["destination.port", 2045n],
  ["connection.id", 9n],
  ["connection_id", 9n],
  ["connection.mtls", false],
  ["connection.requested_server_name", ""],
  ["connection.tls_version", 1],
  ["request.protocol", "HTTP/1.1"],
  ["route_name", "main"],
  ["cluster_name", "web"],
  ["upstream.address", "10.9.9.9:80"],
  ["upstream.port", 80n],
  ["upstream.local_address", 1],
  ["upstream.transport_failure_reason", ""],
  ["response.code_details", "via_upstream"],
  ["response.flags", 0n],
  ["metadata", ""],
  ["node.id", 1],
];

for (const [path, value] of OF_FACTS) {
  Deno.test(`property ${path} is ${value} where the host knows it`, () => {
    const guest = probe({ request: { facts: FACTS } });
    const found = read(guest, path);
    if (typeof value === "number") assert.equal(found, value);
    else assert.deepEqual(found, encoded(value));
  });
}

function encoded(value: string | bigint | boolean): Uint8Array {
  if (typeof value === "string") return bytes(value);
  if (typeof value === "boolean") return new Uint8Array([Number(value)]);
  const eight = new Uint8Array(8);
  new DataView(eight.buffer).setBigInt64(0, value, true);
  return eight;
}

Deno.test("without facts what they would say is 1, but for what is so anyway", () => {
  const guest = probe();
  const known = OF_FACTS.filter(([path]) => read(guest, path) !== 1);
  assert.deepEqual(known.map(([path]) => path), [
    "connection.mtls",
    "connection.requested_server_name",
    "response.flags",
    "metadata",
  ]);
});

Deno.test("what a plugin changes in the request's fields changes the properties, as in Envoy", () => {
  const guest = probe();
  guest.http.requestHeaders.replace(":path", "/x?y#z");
  guest.http.requestHeaders.replace(":authority", "other");
  assert.deepEqual(read(guest, "request.path"), bytes("/x?y#z"));
  assert.deepEqual(read(guest, "request.url_path"), bytes("/x"));
  assert.deepEqual(read(guest, "request.query"), bytes("y"));
  assert.deepEqual(read(guest, "request.host"), bytes("other"));
});

Deno.test("sizes: the declared length goes before what has come; fields count without framing", () => {
  const guest = probe();
  assert.deepEqual(read(guest, "request.headers_bytes"), encoded(28n));
  assert.deepEqual(read(guest, "request.total_size"), encoded(33n));
  guest.http.requestSide.passed = 100;
  assert.deepEqual(read(guest, "request.size"), encoded(105n));
  guest.http.requestHeaders.replace("content-length", "7");
  assert.deepEqual(read(guest, "request.size"), encoded(7n));
  guest.http.requestHeaders.replace("content-length", "many");
  assert.equal(read(guest, "request.size"), 1);
  guest.http.responseSide.passed = 20;
  assert.deepEqual(read(guest, "response.size"), encoded(20n));
});

Deno.test("the response's code is known once there is one, its gRPC status too", () => {
  const guest = probe();
  const { responseSide } = guest.http;
  const fields = responseSide.headers!;
  assert.equal(read(guest, "response.code"), 1);
  fields.replace(":status", "404");
  assert.equal(read(guest, "response.grpc_status"), 1);
  responseSide.sent = true;
  fields.replace("grpc-status", "5");
  assert.deepEqual(read(guest, "response.code"), encoded(404n));
  assert.deepEqual(read(guest, "response.grpc_status"), encoded(5n));
});

Deno.test("the duration is known at the end of an exchange", () => {
  const guest = probe();
  assert.equal(read(guest, "request.duration"), 1);
  guest.vm.enter("proxy_on_log", guest.http);
  assert.equal((read(guest, "request.duration") as Uint8Array).length, 8);
});

Deno.test("what a configuration says of the node is there, and nothing below it that it does not say", () => {
  const guest = probe({
    onRoot: true,
    options: {
      node: {
        id: "me",
        cluster: "all",
        locality: { region: "r", zone: "z", subZone: "s" },
        metadata: {
          NAME: "pöd",
          nested: { yes: true, half: 0.5 },
          list: ["x"],
        },
      },
    },
  });
  const half = new Uint8Array(8);
  new DataView(half.buffer).setFloat64(0, 0.5, true);
  assert.deepEqual(read(guest, "node.id"), bytes("me"));
  assert.deepEqual(read(guest, "node.cluster"), bytes("all"));
  assert.deepEqual(read(guest, "node.locality.sub_zone"), bytes("s"));
  assert.deepEqual(read(guest, "node.metadata.NAME"), bytes("pöd"));
  assert.deepEqual(read(guest, "node.metadata.nested.yes"), encoded(true));
  assert.deepEqual(read(guest, "node.metadata.nested.half"), half);
  assert.deepEqual(
    decodePairs(read(guest, "node.metadata.list") as Uint8Array),
    [["x", ""]],
  );
  for (
    const path of [
      "node",
      "node.id.x",
      "node.metadata.constructor",
      "node.metadata.NAME.length",
      "node.locality",
      "node.locality.constructor",
    ]
  ) assert.equal(read(guest, path), 1, path);
});

Deno.test("a connection has its facts and no request", () => {
  const guest = probe();
  const control = {
    continueDownstream() {},
    continueUpstream() {},
    close() {},
  };
  guest.vm.current = new TcpContext(3, guest.root, control, FACTS);
  assert.deepEqual(read(guest, "source.address"), bytes("10.1.2.3:41234"));
  assert.deepEqual(read(guest, "connection.id"), encoded(9n));
  assert.equal(read(guest, "request.path"), 1);
});

Deno.test("a query that stands for a body has no size", () => {
  const guest = probe({ request: { body: bytes("c=d"), bodyIsReal: false } });
  assert.deepEqual(read(guest, "request.size"), new Uint8Array(8));
});

Deno.test("unknown properties are 1, whatever they are called", () => {
  const guest = probe();
  for (
    const path of [
      "nothing",
      "constructor",
      "__proto__",
      "request.constructor",
      "request.path.more",
      "request.headers.nothing",
      "source.address",
    ]
  ) {
    assert.equal(read(guest, path), 1, path);
  }
});

Deno.test("a whole group is 3, since it has no encoding", () => {
  const guest = probe();
  for (const path of ["", "request", "response", "source", "xds"]) {
    assert.equal(read(guest, path), 3, path);
  }
});

Deno.test("on a root context there is no request", () => {
  const guest = probe({ onRoot: true });
  assert.equal(read(guest, "request.path"), 1);
  assert.deepEqual(read(guest, "plugin_name"), bytes("name"));
});

Deno.test("a trailing zero byte of a path is ignored", () => {
  assert.deepEqual(read(probe(), "request.method."), bytes("POST"));
});

Deno.test("a property that was set reads back in its context; what the host knows by itself stays, as in Envoy", () => {
  const guest = probe();
  assert.equal(write(guest, "my.own", "value"), 0);
  assert.deepEqual(read(guest, "my.own"), bytes("value"));
  assert.equal(write(guest, "my.own", ""), 0);
  assert.deepEqual(read(guest, "my.own"), bytes(""));
  assert.equal(write(guest, "request.path", "/other"), 0);
  assert.deepEqual(read(guest, "request.path"), bytes("/a/b?c=d&e"));
  assert.equal(write(guest, "upstream.address", "mine"), 0);
  assert.deepEqual(read(guest, "upstream.address"), bytes("mine"));
  assert.equal(write(guest, "flat", "state"), 0);
  const path = guest.put(PATH, "filter_state\0wasm.flat");
  assert.equal(guest.call("proxy_get_property", PATH, path, R, R + 4), 0);
  assert.deepEqual(guest.given(R, R + 4), bytes("state"));
  guest.vm.current = guest.root;
  assert.equal(read(guest, "my.own"), 1);
});

Deno.test("properties of a context are bounded, and overwriting frees", () => {
  const guest = probe();
  const value = new Uint8Array(0x7000).fill(0x61);
  guest.memory.set(value, 0x1000);
  const set = (path: string) =>
    guest.call(
      "proxy_set_property",
      PATH,
      guest.put(PATH, path),
      0x1000,
      value.length,
    );
  const fit = Math.floor(0x100000 / (value.length + 3));
  for (let i = 0; i < fit; i++) assert.equal(set(`p${i + 10}`), 0);
  assert.equal(set("p99"), 0);
  assert.match(guest.host.lines[0]!, /properties would exceed/);
  assert.equal(read(guest, "p99"), 1);
  assert.equal(set("p10"), 0);
  assert.equal(write(guest, "p11", ""), 0);
  assert.equal(set("p99"), 0);
});
