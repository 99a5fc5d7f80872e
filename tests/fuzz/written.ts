/** Where a guest's memory was changed. */

/** A range, its end not included. */
export type Range = readonly [from: number, to: number];

/** The first changed byte outside of `ranges`, or -1. `after` may have grown. */
export function writtenOutside(
  before: Uint8Array,
  after: Uint8Array,
  ranges: readonly Range[],
): number {
  const words = before.length >> 2;
  const was = new Uint32Array(before.buffer, before.byteOffset, words);
  const is = new Uint32Array(after.buffer, after.byteOffset, words);
  for (let word = 0; word < words; word++) {
    if (was[word] === is[word]) continue;
    for (let at = 4 * word; at < 4 * word + 4; at++) {
      if (before[at] === after[at]) continue;
      if (!ranges.some(([from, to]) => at >= from && at < to)) return at;
    }
  }
  return -1;
}
