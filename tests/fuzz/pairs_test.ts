/** Header maps as bytes (ABI.md §4.1). */
import assert from "node:assert/strict";
import { decodePairs, encodePairs } from "../../abi/proxywasm/pairs.ts";
import { fuzz } from "./engine/fuzz.ts";

fuzz({
  says: "bytes that decode to pairs are those that the pairs encode to",
  name: "pairs",
  corpus: [
    encodePairs([]),
    encodePairs([["a", "1"], ["b", "22"]]),
    encodePairs([["", ""], ["k", "\0\xff"], ["k", "x".repeat(40)]]),
    new Uint8Array(1),
  ],
  minimum: 20_000,
  run(input) {
    const pairs = decodePairs(input);
    // Whatever is no map is an empty one.
    if (pairs.length === 0) return false;
    const encoded = encodePairs(pairs);
    assert.deepEqual(encoded, input);
    assert.deepEqual(decodePairs(encoded), pairs);
    return true;
  },
});
