/**
 * Bytes as tests write them.
 *
 * @module
 */

/** Bytes of hex text and of texts in double quotes: `0a 02 "f1"`. */
export function bytes(text: string): Uint8Array {
  const out: number[] = [];
  for (const [, quoted, hex] of text.matchAll(/"([^"]*)"|([0-9a-f]{2})/g)) {
    if (quoted !== undefined) out.push(...new TextEncoder().encode(quoted));
    else out.push(Number.parseInt(hex!, 16));
  }
  return Uint8Array.from(out);
}

/** The given arrays one after the other. */
export function join(...parts: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let pos = 0;
  for (const part of parts) {
    out.set(part, pos);
    pos += part.length;
  }
  return out;
}

/** Numbers from 0 up to 1 that are the same for the same seed (mulberry32). */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
