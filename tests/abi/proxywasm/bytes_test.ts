/** What a guest hands over comes back as the same bytes, whatever they are (ABI.md §8.7, case 5). */
import assert from "node:assert/strict";
import { PluginProbe } from "../probe.ts";

const KEY = 0x100;
const VALUE = 0x200;
const R = 0x300;

/** Puts the value somewhere, and takes it from there to `R` and `R + 4`. Each gives a status. */
type Way = [
  name: string,
  put: (guest: PluginProbe, key: number, size: number) => number,
  take: (guest: PluginProbe, key: number) => number,
];

const WAYS: Way[] = [
  [
    "a header",
    (guest, key, size) =>
      guest.call("proxy_add_header_map_value", 0, KEY, key, VALUE, size),
    (guest, key) =>
      guest.call("proxy_get_header_map_value", 0, KEY, key, R, R + 4),
  ],
  [
    "a property",
    (guest, key, size) =>
      guest.call("proxy_set_property", KEY, key, VALUE, size),
    (guest, key) => guest.call("proxy_get_property", KEY, key, R, R + 4),
  ],
  [
    "shared data",
    (guest, key, size) =>
      guest.call("proxy_set_shared_data", KEY, key, VALUE, size, 0),
    (guest, key) =>
      guest.call("proxy_get_shared_data", KEY, key, R, R + 4, R + 8),
  ],
  [
    "a queue's item",
    (guest, key, size) =>
      guest.call("proxy_register_shared_queue", KEY, key, R) ||
      guest.call("proxy_enqueue_shared_queue", guest.u32(R), VALUE, size),
    (guest, key) =>
      guest.call("proxy_resolve_shared_queue", 0, 0, KEY, key, R) ||
      guest.call("proxy_dequeue_shared_queue", guest.u32(R), R, R + 4),
  ],
  [
    "a body",
    (guest, _key, size) =>
      guest.call("proxy_set_buffer_bytes", 1, 0, 0, VALUE, size),
    (guest) => guest.call("proxy_get_buffer_bytes", 1, 0, -1, R, R + 4),
  ],
];

const VALUES: [what: string, bytes: Uint8Array][] = [
  ["text of several bytes a letter", new TextEncoder().encode("ä→𝄞")],
  ["zero bytes at the ends and inside", Uint8Array.of(0, 97, 0, 0, 98, 0)],
  ["a zero byte alone", Uint8Array.of(0)],
  ["what is no UTF-8", Uint8Array.of(0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80)],
  ["every byte", Uint8Array.from({ length: 256 }, (_, i) => i)],
];

/** Of the same kinds, a header's in lower case. */
const KEYS = ["plain", "x-ä→", "x-\0zero"];

for (const [name, put, take] of WAYS) {
  Deno.test(`${name} of any bytes comes back unchanged`, () => {
    for (const [what, value] of VALUES) {
      for (const key of KEYS) {
        const guest = new PluginProbe();
        const size = guest.put(KEY, key);
        guest.put(VALUE, value);
        assert.equal(put(guest, size, value.length), 0, what);
        assert.equal(take(guest, size), 0, what);
        assert.deepEqual(guest.given(R, R + 4), value, `${what} as ${key}`);
      }
    }
  });
}

Deno.test("keys that differ in a zero byte or in what follows it are different", () => {
  const guest = new PluginProbe();
  for (const key of ["k", "k\0", "k\0a", "k\0b"]) {
    const size = guest.put(KEY, key);
    const value = guest.put(VALUE, `of ${key}`);
    guest.call("proxy_set_shared_data", KEY, size, VALUE, value, 0);
  }
  for (const key of ["k", "k\0", "k\0a", "k\0b"]) {
    const size = guest.put(KEY, key);
    guest.call("proxy_get_shared_data", KEY, size, R, R + 4, R + 8);
    assert.equal(guest.givenText(R, R + 4), `of ${key}`);
  }
});
