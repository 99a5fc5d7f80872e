import assert from "node:assert/strict";
import {
  decodePairs,
  encodePairs,
  type Pair,
} from "../../../abi/proxywasm/pairs.ts";

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.trim().split(/\s+/), (one) => parseInt(one, 16));
}

const TWO = hex(`
  02 00 00 00  01 00 00 00 01 00 00 00  01 00 00 00 02 00 00 00
  61 00 31 00  62 00 32 32 00`);

/** ABI.md §4.1: what is on the wire, and what it says. */
const VECTORS: [name: string, wire: Uint8Array, pairs: Pair[]][] = [
  ["two pairs", TWO, [["a", "1"], ["b", "22"]]],
  ["an empty map", hex("00 00 00 00"), []],
  [
    "an empty key and an empty value",
    hex("01 00 00 00 00 00 00 00 00 00 00 00 00 00"),
    [["", ""]],
  ],
  [
    "zero bytes and bytes above 127 in a value",
    hex("01 00 00 00 01 00 00 00 03 00 00 00 6b 00 00 ff c3 00"),
    [["k", "\0\xff\xc3"]],
  ],
  [
    "the same key twice",
    hex(`02 00 00 00 01 00 00 00 01 00 00 00 01 00 00 00 01 00 00 00
         61 00 31 00 61 00 32 00`),
    [["a", "1"], ["a", "2"]],
  ],
];

for (const [name, wire, pairs] of VECTORS) {
  Deno.test(`pairs of ${name} are encoded and decoded to the byte (trap 31)`, () => {
    assert.deepEqual(encodePairs(pairs), wire);
    assert.deepEqual(decodePairs(wire), pairs);
  });
}

Deno.test("an empty map may also be no byte or one zero byte", () => {
  assert.deepEqual(decodePairs(new Uint8Array(0)), []);
  assert.deepEqual(decodePairs(new Uint8Array(1)), []);
});

Deno.test("every byte value survives in keys and values (trap 15)", () => {
  let all = "";
  for (let i = 0; i < 256; i++) all += String.fromCharCode(i);
  assert.deepEqual(decodePairs(encodePairs([[all, all]])), [[all, all]]);
});

Deno.test("a map that is cut anywhere, or has a byte more, is empty", () => {
  for (let length = 0; length < TWO.length; length++) {
    assert.deepEqual(decodePairs(TWO.slice(0, length)), [], `${length} bytes`);
  }
  assert.deepEqual(decodePairs(new Uint8Array([...TWO, 0])), []);
});

Deno.test("a map without a zero where one belongs is empty", () => {
  for (const at of [21, 23, 25, 28]) {
    const wire = TWO.slice();
    assert.equal(wire[at], 0);
    wire[at] = 0x30;
    assert.deepEqual(decodePairs(wire), [], `byte ${at}`);
  }
});

Deno.test("lengths that overflow 32 bits when added are refused", () => {
  const wire = TWO.slice();
  wire.set([0xff, 0xff, 0xff, 0xff], 4);
  assert.deepEqual(decodePairs(wire), []);
  wire.set([0xff, 0xff, 0xff, 0xff], 0);
  assert.deepEqual(decodePairs(wire), []);
});

Deno.test("1024 pairs are taken, 1025 are not, nor is more than 1 MiB", () => {
  const pairs: Pair[] = Array.from({ length: 1024 }, (_, i) => [`${i}`, "v"]);
  assert.equal(decodePairs(encodePairs(pairs)).length, 1024);
  assert.equal(decodePairs(encodePairs([...pairs, ["x", ""]])).length, 0);
  const room = 1024 * 1024 - 14;
  assert.equal(decodePairs(encodePairs([["", "v".repeat(room)]])).length, 1);
  assert.equal(
    decodePairs(encodePairs([["", "v".repeat(room + 1)]])).length,
    0,
  );
});

Deno.test("whatever decodes from random bytes encodes to the same bytes", () => {
  let seed = 12345;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  let decoded = 0;
  for (let round = 0; round < 20_000; round++) {
    const wire = TWO.slice();
    for (let i = random(3); i > 0; i--) wire[random(wire.length)] = random(5);
    const pairs = decodePairs(wire);
    if (pairs.length === 0) continue;
    decoded++;
    assert.deepEqual(encodePairs(pairs), wire);
  }
  assert.ok(decoded > 1000, `${decoded} decoded`);
});
