import assert from "node:assert/strict";
import { sha256 } from "../../shim/sha256.ts";

/** FIPS 180-4's examples, as NIST publishes them. */
const VECTORS: [string, string][] = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
];
for (const [text, digest] of VECTORS) {
  Deno.test(`SHA-256 of ${JSON.stringify(text)} is NIST's`, () => {
    assert.equal(sha256(text), digest);
  });
}

Deno.test("SHA-256 is WebCrypto's for every length around a block, and beyond ASCII", async () => {
  for (let length = 0; length < 200; length++) {
    const text = "ü".repeat(length % 3) + "x".repeat(length);
    const digest = await crypto.subtle.digest(
      "SHA-256",
      new TextEncoder().encode(text),
    );
    const expected = Array.from(
      new Uint8Array(digest),
      (byte) => byte.toString(16).padStart(2, "0"),
    ).join("");
    assert.equal(sha256(text), expected, `${length}`);
  }
});
