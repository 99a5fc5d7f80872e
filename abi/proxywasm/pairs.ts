/**
 * The byte form of header maps (ABI.md §4.1):
 *
 *     u32 count
 *     count × { u32 key length, u32 value length }
 *     count × { key, 0x00, value, 0x00 }
 *
 * Lengths leave the zero bytes out; keys and values may hold any byte, zero included. `{a: "1", b: "22"}` is
 *
 *     02 00 00 00 | 01 00 00 00 01 00 00 00 | 01 00 00 00 02 00 00 00 | 61 00 31 00 | 62 00 32 32 00
 */
import { internedByteString } from "../interned.ts";
import { decodeByteString, writeByteString } from "../text.ts";
import { MAX_PAIRS, MAX_PAIRS_BYTES } from "./limits.ts";

/** A name and a value, both byte strings. */
export type Pair = [string, string];

/** Bytes that `pairs` takes. An empty map takes 4: every SDK reads that, while some trap on a size of 0. */
export function pairsSize(pairs: readonly (readonly [string, string])[]) {
  let size = 4;
  for (const [key, value] of pairs) size += 10 + key.length + value.length;
  return size;
}

/** Writes `pairs` at the start of `out`, which holds exactly `pairsSize(pairs)` bytes. */
export function writePairs(
  pairs: readonly (readonly [string, string])[],
  out: Uint8Array,
): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  view.setUint32(0, pairs.length, true);
  let lengths = 4;
  let data = 4 + 8 * pairs.length;
  for (const [key, value] of pairs) {
    view.setUint32(lengths, key.length, true);
    view.setUint32(lengths + 4, value.length, true);
    lengths += 8;
    writeByteString(out, data, key);
    data += key.length;
    out[data++] = 0;
    writeByteString(out, data, value);
    data += value.length;
    out[data++] = 0;
  }
}

/** `pairs` in bytes of their own. */
export function encodePairs(
  pairs: readonly (readonly [string, string])[],
): Uint8Array {
  const out = new Uint8Array(pairsSize(pairs));
  writePairs(pairs, out);
  return out;
}

/**
 * The pairs in `bytes`. Sizes 0 and 1 and four zero bytes are empty maps. Whatever is not consistent to the byte
 * (a missing zero, an overrun, bytes left over), or over the limits, is an empty map too, as in Envoy: no error.
 */
export function decodePairs(bytes: Uint8Array): Pair[] {
  if (bytes.length < 4 || bytes.length > MAX_PAIRS_BYTES) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count > MAX_PAIRS || 4 + 8 * count > bytes.length) return [];
  const pairs: Pair[] = [];
  let at = 4 + 8 * count;
  for (let i = 0; i < count; i++) {
    const keyLength = view.getUint32(4 + 8 * i, true);
    const valueLength = view.getUint32(8 + 8 * i, true);
    const keyEnd = at + keyLength;
    const valueEnd = keyEnd + 1 + valueLength;
    if (valueEnd >= bytes.length) return [];
    if (bytes[keyEnd] !== 0 || bytes[valueEnd] !== 0) return [];
    pairs.push([
      internedByteString(bytes, at, keyLength),
      decodeByteString(bytes, keyEnd + 1, valueLength),
    ]);
    at = valueEnd + 1;
  }
  return at === bytes.length ? pairs : [];
}
