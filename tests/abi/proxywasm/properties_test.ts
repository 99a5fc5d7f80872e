import assert from "node:assert/strict";
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

Deno.test("an empty property is status 0 with address 0: C and AssemblyScript abort on anything else for plugin_root_id", () => {
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

Deno.test("a query that stands for a body has no size", () => {
  const guest = probe({ request: { body: bytes("c=d"), bodyIsReal: false } });
  assert.deepEqual(read(guest, "request.size"), new Uint8Array(8));
});

Deno.test("unknown properties are 1, whatever they are called", () => {
  const guest = probe();
  for (
    const path of [
      "",
      "nothing",
      "constructor",
      "__proto__",
      "request",
      "request.constructor",
      "request.path.more",
      "request.headers.nothing",
      "source.address",
    ]
  ) {
    assert.equal(read(guest, path), 1, path);
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

Deno.test("a property that was set reads back in its context, before the host's own", () => {
  const guest = probe();
  assert.equal(write(guest, "my.own", "value"), 0);
  assert.deepEqual(read(guest, "my.own"), bytes("value"));
  assert.equal(write(guest, "my.own", ""), 0);
  assert.deepEqual(read(guest, "my.own"), bytes(""));
  assert.equal(write(guest, "request.path", "/other"), 0);
  assert.deepEqual(read(guest, "request.path"), bytes("/other"));
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
  assert.equal(set("p99"), 10);
  assert.equal(set("p10"), 0);
  assert.equal(write(guest, "p11", ""), 0);
  assert.equal(set("p99"), 0);
});
