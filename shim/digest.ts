/**
 * A 128-bit digest for names of sockets and folders. Not for secrets: what goes in comes from containerd. SHA-256 would
 * do, but costs `start` 1.6 MB, WebCrypto's as well as one of our own.
 */

/** Start and multiplier of each lane: FNV's own for the first, further odd numbers without a pattern for the others. */
const LANES = [
  [0x811c9dc5, 0x01000193],
  [0x9e3779b9, 0x85ebca6b],
  [0xdeadbeef, 0xc2b2ae35],
  [0x41c6ce57, 0x5f356495],
] as const;

/** 32 hex digits that differ for different texts. */
export function digest(text: string): string {
  let digits = "";
  for (const [start, multiplier] of LANES) {
    let hash: number = start;
    for (let at = 0; at < text.length; at++) {
      hash = Math.imul(hash ^ text.charCodeAt(at), multiplier);
      // A product carries upwards only; this brings what is above back down.
      hash ^= hash >>> 15;
    }
    digits += (hash >>> 0).toString(16).padStart(8, "0");
  }
  return digits;
}
