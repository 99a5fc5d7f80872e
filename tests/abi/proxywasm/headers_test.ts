import assert from "node:assert/strict";
import {
  decodePairs,
  encodePairs,
  type Pair,
} from "../../../abi/proxywasm/pairs.ts";
import { envoyFields, localReply } from "../../../abi/mod.ts";
import { bytes, request } from "../guests.ts";
import { PluginProbe, type ProbeSettings } from "../probe.ts";

const KEY = 0x100;
const VALUE = 0x200;
const R = 0x300;
const MAP = 0x1000;

function probe(settings: ProbeSettings = {}): PluginProbe {
  return new PluginProbe({
    request: {
      headers: [["host", "a"], ["x-two", "1"], ["x-two", "2"], ["empty", ""]],
    },
    ...settings,
  });
}

function get(guest: PluginProbe, map: number, key: string): number | string {
  const size = guest.put(KEY, key);
  const status = guest.call(
    "proxy_get_header_map_value",
    map,
    KEY,
    size,
    R,
    R + 4,
  );
  if (status !== 0) return status;
  return String.fromCharCode(...guest.given(R, R + 4));
}

function edit(
  guest: PluginProbe,
  how: "add" | "replace",
  map: number,
  key: string,
  value: string,
): number {
  return guest.call(
    `proxy_${how}_header_map_value`,
    map,
    KEY,
    guest.put(KEY, key),
    VALUE,
    guest.put(VALUE, value),
  );
}

function pairs(guest: PluginProbe, map: number): Pair[] {
  assert.equal(guest.call("proxy_get_header_map_pairs", map, R, R + 4), 0);
  return decodePairs(guest.given(R, R + 4));
}

Deno.test("a value is found by its name in any case, the first of several (trap 14)", () => {
  const guest = probe();
  assert.equal(get(guest, 0, "x-two"), "1");
  assert.equal(get(guest, 0, "X-Two"), "1");
  assert.equal(get(guest, 0, "HOST"), "a");
  assert.equal(get(guest, 0, "empty"), "");
});

Deno.test("a missing value is 1 to a 0.2 module and an empty one to a 0.1.0 module (trap 13)", () => {
  for (const version of ["0_2_0", "0_2_1"] as const) {
    assert.equal(get(probe({ version }), 0, "nothing"), 1);
  }
  assert.equal(get(probe({ version: "0_1_0" }), 0, "nothing"), "");
});

Deno.test("all pairs come in their order, duplicates too (trap 14)", () => {
  assert.deepEqual(pairs(probe(), 0), [
    ["host", "a"],
    ["x-two", "1"],
    ["x-two", "2"],
    ["empty", ""],
  ]);
});

Deno.test("an empty map is four zero bytes, never a size of 0 (trap 12)", () => {
  const guest = probe();
  for (const map of [1, 2, 3, 4, 5, 6, 7]) {
    assert.equal(guest.call("proxy_get_header_map_pairs", map, R, R + 4), 0);
    assert.deepEqual([...guest.given(R, R + 4)], [0, 0, 0, 0], `map ${map}`);
  }
});

Deno.test("adding appends, replacing leaves one value behind all fields, names become lower case (trap 15)", () => {
  const guest = probe();
  assert.equal(edit(guest, "add", 0, "X-Two", "3"), 0);
  assert.equal(edit(guest, "replace", 0, "X-TWO", "9"), 0);
  assert.equal(edit(guest, "replace", 0, "New", "n"), 0);
  assert.equal(edit(guest, "add", 0, "new", ""), 0);
  assert.deepEqual(pairs(guest, 0), [
    ["host", "a"],
    ["empty", ""],
    ["x-two", "9"],
    ["new", "n"],
    ["new", ""],
  ]);
});

Deno.test("the fields of a local response are in lower case (trap 15)", () => {
  const { headers } = localReply({
    status: 200,
    details: "",
    headers: [["X-Upper", "CASE"], ["x-upper", "2"]],
    body: bytes(""),
    grpcStatus: -1,
  }, false);
  assert.deepEqual(headers.pairs, [
    [":status", "200"],
    ["x-upper", "CASE"],
    ["x-upper", "2"],
    ["content-length", "0"],
  ]);
});

Deno.test("removing takes all values and is 0 for a name that is not there", () => {
  const guest = probe();
  const remove = (key: string) =>
    guest.call("proxy_remove_header_map_value", 0, KEY, guest.put(KEY, key));
  assert.equal(remove("X-Two"), 0);
  assert.equal(remove("nothing"), 0);
  assert.deepEqual(pairs(guest, 0), [["host", "a"], ["empty", ""]]);
});

Deno.test("setting pairs replaces the whole map (trap 14) (trap 15)", () => {
  const guest = probe();
  const size = guest.put(MAP, encodePairs([["New", "1"], ["new", "2"]]));
  assert.equal(guest.call("proxy_set_header_map_pairs", 0, MAP, size), 0);
  assert.deepEqual(pairs(guest, 0), [["new", "1"], ["new", "2"]]);
});

Deno.test("setting pairs drops the pseudo fields that are not among them (trap 16)", () => {
  const set = (map: number, fields: Pair[]) => {
    const guest = probe();
    guest.http.requestSide.headers = envoyFields(request());
    guest.http.responseSide.headers!.add(":status", "200");
    const size = guest.put(MAP, encodePairs(fields));
    assert.equal(guest.call("proxy_set_header_map_pairs", map, MAP, size), 0);
    assert.deepEqual(pairs(guest, map), fields);
    return guest;
  };
  const without = set(0, [["x-only", "1"], ["host", "there"]]);
  assert.equal(get(without, 0, ":path"), 1);
  assert.equal(get(without, 0, ":authority"), 1);
  assert.equal(get(without, 0, "host"), "there");
  const some = set(0, [[":path", "/new"], ["x-only", "1"]]);
  assert.equal(get(some, 0, ":path"), "/new");
  assert.equal(get(some, 0, ":method"), 1);
  assert.equal(get(set(2, [["x-only", "1"]]), 2, ":status"), 1);
});

Deno.test("no bytes, one zero byte, four zero bytes and garbage all set an empty map", () => {
  for (
    const wire of [[], [0], [0, 0, 0, 0], [1, 2, 3, 4, 5], [
      255,
      255,
      255,
      255,
    ]]
  ) {
    const guest = probe();
    const size = guest.put(MAP, new Uint8Array(wire));
    assert.equal(guest.call("proxy_set_header_map_pairs", 0, MAP, size), 0);
    assert.deepEqual(pairs(guest, 0), []);
  }
});

Deno.test("the size of a map is that of its names and values, as Envoy counts", () => {
  const guest = probe({ request: { headers: [["a", "12"], ["bcd", ""]] } });
  assert.equal(guest.call("proxy_get_header_map_size", 0, R), 0);
  assert.equal(guest.u32(R), 6);
});

Deno.test("map types above 7 are 2 to every call", () => {
  const guest = probe();
  for (const map of [8, 1000, -1]) {
    assert.equal(get(guest, map, "host"), 2);
    assert.equal(edit(guest, "add", map, "a", "b"), 2);
    assert.equal(edit(guest, "replace", map, "a", "b"), 2);
    assert.equal(guest.call("proxy_remove_header_map_value", map, KEY, 1), 2);
    assert.equal(guest.call("proxy_get_header_map_pairs", map, R, R + 4), 2);
    assert.equal(guest.call("proxy_set_header_map_pairs", map, MAP, 0), 2);
    assert.equal(guest.call("proxy_get_header_map_size", map, R), 2);
  }
});

Deno.test("a map that is not there never gives a status that kills a Rust guest (trap 17)", () => {
  const early = probe();
  early.http.responseSide.headers = undefined;
  for (
    const [guest, map] of [
      [probe({ onRoot: true }), 0],
      [probe(), 6],
      [early, 2],
    ] as const
  ) {
    assert.equal(get(guest, map, "host"), 1);
    assert.deepEqual(pairs(guest, map), []);
    assert.equal(guest.call("proxy_get_header_map_size", map, R), 0);
    assert.equal(guest.host.logged.length, 0);
    assert.equal(edit(guest, "add", map, "a", "b"), 0);
    assert.equal(edit(guest, "replace", map, "a", "b"), 0);
    assert.equal(guest.call("proxy_remove_header_map_value", map, KEY, 1), 0);
    assert.equal(guest.call("proxy_set_header_map_pairs", map, MAP, 0), 0);
    assert.equal(guest.host.logged.length, 4);
    assert.match(guest.host.lines[0]!, /^3 proxy_add.*there is no header map/);
  }
});

Deno.test("a 0.1.0 module hears 2 for writes to a map that is not there (trap 17)", () => {
  const guest = probe({ version: "0_1_0", onRoot: true });
  assert.equal(edit(guest, "add", 0, "a", "b"), 2);
  assert.equal(guest.call("proxy_set_header_map_pairs", 0, MAP, 0), 2);
});

Deno.test("any bytes go through a value unchanged, text of a host as its UTF-8 (trap 15)", () => {
  const guest = probe({
    request: { headers: [["raw", "\xff\x80"], ["text", "→"]] },
  });
  assert.equal(get(guest, 0, "raw"), "\xff\x80");
  assert.equal(get(guest, 0, "text"), "\xe2\x86\x92");
  guest.memory.set([0, 255, 13, 10], VALUE);
  const size = guest.put(KEY, "odd");
  guest.call("proxy_add_header_map_value", 0, KEY, size, VALUE, 4);
  assert.equal(get(guest, 0, "odd"), "\0\xff\r\n");
});

Deno.test("a map takes 1024 entries and not one more", () => {
  const guest = probe({ request: { headers: [] } });
  for (let i = 0; i < 1024; i++) {
    assert.equal(edit(guest, "add", 2, `k${i}`, ""), 0);
  }
  assert.equal(edit(guest, "add", 2, "k", ""), 0);
  assert.equal(guest.http.localResponse?.status, 500);
  assert.match(guest.host.lines[0]!, /would exceed its limit/);
});

Deno.test("headers that nobody looks at are never taken from the host", () => {
  let taken = 0;
  const guest = probe({
    request: {
      headers: {
        *[Symbol.iterator]() {
          taken++;
          yield ["a", "b"] as const;
        },
      },
    },
  });
  edit(guest, "add", 2, "x", "y");
  assert.equal(taken, 0);
  assert.equal(get(guest, 0, "a"), "b");
  assert.equal(get(guest, 0, "a"), "b");
  assert.equal(taken, 1);
});

Deno.test("headers that went on can be read and no longer be changed (trap 17) (trap 27)", () => {
  const guest = new PluginProbe();
  guest.http.requestSide.sent = true;
  const before = guest.http.requestHeaders.pairs.map((pair) => [...pair]);
  assert.equal(edit(guest, "add", 0, "x-late", "1"), 0);
  assert.match(guest.host.lines[0]!, /header map 0 was sent on before/);
  assert.deepEqual(guest.http.requestHeaders.pairs, before);
  const old = new PluginProbe({ version: "0_1_0" });
  old.http.requestSide.sent = true;
  assert.equal(edit(old, "add", 0, "x-late", "1"), 2);
});
