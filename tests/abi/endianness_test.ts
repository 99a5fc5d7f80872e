/** Numbers cross the boundary little-endian and with their signs, both ways (ABI.md §8.1, endianness_test.cc). */
import assert from "node:assert/strict";
import { PluginProbe } from "./probe.ts";

/** Where results go, with sentinels before and behind. */
const AT = 0x100;
const NAME = 0x200;

function sentinels(guest: PluginProbe, length: number): void {
  guest.memory.fill(0xaa, AT - 8, AT + length + 8);
}

/** The bytes at the result's place; what lies around it must be untouched. */
function written(guest: PluginProbe, length: number): number[] {
  const around = [
    ...guest.memory.subarray(AT - 8, AT),
    ...guest.memory.subarray(AT + length, AT + length + 8),
  ];
  assert.deepEqual(around, Array(16).fill(0xaa));
  return [...guest.memory.subarray(AT, AT + length)];
}

function metric(guest: PluginProbe, type: number): number {
  const size = guest.put(NAME, `m${type}`);
  assert.equal(guest.call("proxy_define_metric", type, NAME, size, AT), 0);
  return guest.u32(AT);
}

const U64: [value: bigint, bytes: number[]][] = [
  [0x0102030405060708n, [8, 7, 6, 5, 4, 3, 2, 1]],
  [0xffffffffffffffffn, Array(8).fill(0xff)],
  [0x8000000000000000n, [0, 0, 0, 0, 0, 0, 0, 0x80]],
  [1n, [1, 0, 0, 0, 0, 0, 0, 0]],
];

for (const [value, bytes] of U64) {
  Deno.test(`a u64 result is little-endian: 0x${value.toString(16)} (trap 2) (trap 31)`, () => {
    const guest = new PluginProbe();
    const gauge = metric(guest, 1);
    const given = BigInt.asIntN(64, value);
    assert.equal(guest.call("proxy_record_metric", gauge, given), 0);
    sentinels(guest, 8);
    assert.equal(guest.call("proxy_get_metric", gauge, AT), 0);
    assert.deepEqual(written(guest, 8), bytes);
  });
}

Deno.test("an i64 argument keeps its sign (trap 2)", () => {
  const guest = new PluginProbe();
  const gauge = metric(guest, 1);
  assert.equal(guest.call("proxy_record_metric", gauge, 5n), 0);
  assert.equal(guest.call("proxy_increment_metric", gauge, -3n), 0);
  sentinels(guest, 8);
  guest.call("proxy_get_metric", gauge, AT);
  assert.deepEqual(written(guest, 8), [2, 0, 0, 0, 0, 0, 0, 0]);
  const counter = metric(guest, 0);
  assert.equal(guest.call("proxy_increment_metric", counter, -1n), 2);
});

Deno.test("a u32 result is little-endian and four bytes (trap 31)", () => {
  const guest = new PluginProbe();
  const key = guest.put(NAME, "key");
  guest.put(NAME + 16, "v");
  // Each store counts the number up: the 258th has two bytes.
  for (let i = 0; i < 258; i++) {
    guest.call("proxy_set_shared_data", NAME, key, NAME + 16, 1, 0);
  }
  sentinels(guest, 4);
  const status = guest.call(
    "proxy_get_shared_data",
    NAME,
    key,
    AT + 64,
    AT + 68,
    AT,
  );
  assert.equal(status, 0);
  assert.deepEqual(written(guest, 4), [2, 1, 0, 0]);
});

Deno.test("an i32 argument is unsigned where it is an address, a size or an id (trap 1) (trap 33)", () => {
  const guest = new PluginProbe();
  // -1 is 4294967295: all of it, nowhere, nobody.
  const all = guest.call("proxy_get_buffer_bytes", 0, 0, -1, AT, AT + 4);
  assert.equal(all, 0);
  assert.equal(guest.call("proxy_log", 2, -1, 1), 6);
  assert.equal(guest.call("proxy_set_effective_context", -1), 2);
});

Deno.test("a time is eight bytes, the high half not lost (trap 2) (trap 31)", () => {
  const guest = new PluginProbe();
  sentinels(guest, 8);
  assert.equal(guest.call("proxy_get_current_time_nanoseconds", AT), 0);
  const time = new DataView(new Uint8Array(written(guest, 8)).buffer)
    .getBigUint64(0, true);
  // After 2020, before 2100: read the other way round it would be neither.
  assert.ok(time > 1_577_836_800_000_000_000n, String(time));
  assert.ok(time < 4_102_444_800_000_000_000n, String(time));
});
