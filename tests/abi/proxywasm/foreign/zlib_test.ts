import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import zlib from "node:zlib";
import {
  InflateBoundError,
  InflateError,
} from "../../../../abi/proxywasm/foreign/inflate.ts";
import {
  compress,
  uncompress,
} from "../../../../abi/proxywasm/foreign/zlib.ts";
import { randomSource } from "../shared/random.ts";
import { inputs } from "./inputs.ts";

const BOUND = 1024 * 1024;

/** What zlib 1.2.13 makes of `inputs()` at its default level: bytes, and the first half of their SHA-256. */
const OF_ZLIB: [input: string, size: number, digest: string][] = [
  ["nothing", 8, "aca503def43dc086a5aaa5c3d6f86bcb"],
  ["one byte", 9, "8ecacf17e3a7f86d1b03a3012ce1270e"],
  ["a greeting", 20, "d4d542bc960b8b0da9cd2815359608af"],
  ["one byte many times", 314, "80260b16b70db4b09ba5108343830d1b"],
  ["two bytes many times", 102, "47b44254194bee772a6d5f1d615cba1e"],
  ["noise", 100041, "27e1e6e706c717821f9f04e8af4a0786"],
  [
    "noise in pieces that come again",
    30695,
    "0634f8720ae8670365924a7d2f002459",
  ],
  ["skewed bytes", 122896, "9c5da3064af2c1a1a85d88a985fd3d77"],
  ["few skewed bytes", 48, "c9b7e6121eb0c17e9721824cf8f67d34"],
  ["words", 120889, "520ece93c1419f6c05c989f3d7508099"],
  ["some words", 958, "929c92dd9fe490e82dc5416a622c24d0"],
  ["two symbols", 11188, "8946d61548fabbadd64258d29734c12c"],
];

for (const [name, size, digest] of OF_ZLIB) {
  Deno.test(`compress gives ${name} the very bytes that zlib gives`, () => {
    const compressed = compress(inputs().get(name)!);
    assert.equal(compressed.length, size);
    const hash = createHash("sha256").update(compressed).digest("hex");
    assert.equal(hash.slice(0, 32), digest);
  });
}

Deno.test("what compress made comes back, here and in another zlib", () => {
  for (const [name, bytes] of inputs()) {
    const compressed = compress(bytes);
    assert.deepEqual(uncompress(compressed, BOUND), bytes, name);
    const other = new Uint8Array(zlib.inflateSync(compressed));
    assert.deepEqual(other, bytes, name);
  }
});

Deno.test("what another zlib made comes back, whatever its level and strategy", () => {
  const { Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE } = zlib.constants;
  for (const [name, bytes] of inputs()) {
    for (const level of [0, 1, 5, 9]) {
      const compressed = zlib.deflateSync(bytes, { level });
      assert.deepEqual(
        uncompress(compressed, BOUND),
        bytes,
        `${name} ${level}`,
      );
    }
    for (const strategy of [Z_FILTERED, Z_FIXED, Z_HUFFMAN_ONLY, Z_RLE]) {
      const compressed = zlib.deflateSync(bytes, { strategy });
      assert.deepEqual(
        uncompress(compressed, BOUND),
        bytes,
        `${name} ${strategy}`,
      );
    }
  }
});

Deno.test("what follows a stream is ignored, as zlib does", () => {
  const compressed = compress(new Uint8Array(50));
  const longer = new Uint8Array([...compressed, 1, 2, 3]);
  assert.deepEqual(uncompress(longer, 50), new Uint8Array(50));
});

Deno.test("a stream that is cut anywhere is none", () => {
  const compressed = compress(inputs().get("some words")!);
  for (let size = 0; size < compressed.length; size++) {
    assert.throws(
      () => uncompress(compressed.subarray(0, size), BOUND),
      InflateError,
    );
  }
});

Deno.test("a small stream of many bytes is stopped at the bound", () => {
  const bomb = zlib.deflateSync(new Uint8Array(50 * BOUND));
  assert.ok(bomb.length < BOUND / 10);
  assert.throws(() => uncompress(bomb, BOUND), InflateBoundError);
  const whole = compress(new Uint8Array(1000));
  assert.equal(uncompress(whole, 1000).length, 1000);
  assert.throws(() => uncompress(whole, 999), InflateBoundError);
});

/** Streams that say what cannot be (RFC 1950, RFC 1951), as hexadecimal digits. */
const BROKEN: [what: string, hex: string][] = [
  ["a method that is not 8", "7794030000000001"],
  ["a header whose check is wrong", "789d030000000001"],
  ["a dictionary that nobody has", "78bb000000010300"],
  ["a block of type 3", "789c0700000001"],
  ["a stored block whose sizes do not agree", "789c010100000061"],
  ["a distance to before the beginning", "789c4b0402020000000000000000"],
  ["another's checksum", "789c030000000002"],
  ["too many length codes", "789cfdff"],
];

for (const [what, hex] of BROKEN) {
  Deno.test(`uncompress refuses ${what}`, () => {
    const bytes = Uint8Array.from(
      hex.match(/../g)!,
      (two) => parseInt(two, 16),
    );
    assert.throws(() => uncompress(bytes, BOUND), InflateError);
  });
}

Deno.test("bytes with mistakes are refused or bounded, and nothing else happens", () => {
  const random = randomSource(3);
  const whole = [...inputs().values()].map((bytes) =>
    compress(bytes.subarray(0, 5000))
  );
  for (let i = 0; i < 3000; i++) {
    const bytes = whole[random(whole.length)]!.slice();
    for (let n = random(4); n >= 0; n--) {
      bytes[2 + random(bytes.length - 2)]! ^= 1 << random(8);
    }
    try {
      assert.ok(uncompress(bytes, 10_000).length <= 10_000);
    } catch (error) {
      assert.ok(
        error instanceof InflateError || error instanceof InflateBoundError,
        `${error}`,
      );
    }
  }
});
