/** New inputs out of known ones. */
import type { Random } from "./random.ts";

/** Numbers at whose edges parsers go wrong. */
export const INTERESTING = [
  ...[0, 1, 2, 3, 4, 7, 8, 9, 16, 31, 32, 64, 127, 128, 255, 256, 257, 1024],
  ...[4095, 4096, 32767, 32768, 65532, 65535, 65536, 65537, 0x100000],
  ...[0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffffffc, 0xfffffffe, 0xffffffff],
];

/** Inputs do not grow past this: bytes. */
const MAX_INPUT = 4096;

/** `input` with one to four changes; `other` is what parts of another input are taken from. */
export function mutated(
  random: Random,
  input: Uint8Array,
  other: Uint8Array,
): Uint8Array {
  let bytes: Uint8Array = input.slice();
  for (let changes = 1 + random(4); changes > 0; changes--) {
    bytes = changed(random, bytes, other);
  }
  return bytes.subarray(0, MAX_INPUT);
}

/** Bytes that have nothing to do with any known input. */
export function randomBytes(random: Random, most: number): Uint8Array {
  return Uint8Array.from({ length: random(most + 1) }, () => random(256));
}

function changed(
  random: Random,
  bytes: Uint8Array,
  other: Uint8Array,
): Uint8Array {
  const at = random(bytes.length + 1);
  const next = random(8);
  if (bytes.length === 0 || next === 0) {
    return spliced(bytes, at, at, randomBytes(random, 8));
  }
  const within = random(bytes.length);
  switch (next) {
    case 1:
      bytes[within]! ^= 1 << random(8);
      return bytes;
    case 2:
      bytes[within] = INTERESTING[random(INTERESTING.length)]!;
      return bytes;
    case 3:
      return writeNumber(random, bytes, within);
    case 4:
      return bytes.slice(0, at);
    case 5:
      return spliced(bytes, within, within + 1 + random(8), new Uint8Array(0));
    case 6:
      return spliced(bytes, at, at, bytes.slice(within, within + random(32)));
    default: {
      const from = random(other.length + 1);
      const part = other.slice(from, from + random(64));
      return spliced(bytes, at, at + random(part.length + 1), part);
    }
  }
}

/** A length field, as it may be: 2 or 4 bytes, either order, near what is there or somewhere else. */
function writeNumber(
  random: Random,
  bytes: Uint8Array,
  at: number,
): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = random(2) === 0;
  const wide = random(2) === 0;
  if (at + (wide ? 4 : 2) > bytes.length) return bytes;
  const before = wide ? view.getUint32(at, little) : view.getUint16(at, little);
  const value = random(2) === 0
    ? before + random(5) - 2
    : INTERESTING[random(INTERESTING.length)]!;
  if (wide) view.setUint32(at, value, little);
  else view.setUint16(at, value, little);
  return bytes;
}

function spliced(
  bytes: Uint8Array,
  from: number,
  to: number,
  part: Uint8Array,
): Uint8Array {
  const rest = bytes.subarray(Math.min(to, bytes.length));
  const out = new Uint8Array(from + part.length + rest.length);
  out.set(bytes.subarray(0, from));
  out.set(part, from);
  out.set(rest, from + part.length);
  return out;
}
