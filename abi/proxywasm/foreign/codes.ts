/** Lengths and distances of DEFLATE (RFC 1951, section 3.2.5), the same for both ways. */

export const LENGTH_EXTRA: readonly number[] = [
  ...[0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3],
  ...[4, 4, 4, 4, 5, 5, 5, 5, 0],
];
export const DISTANCE_EXTRA: readonly number[] = [
  ...[0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8],
  ...[9, 9, 10, 10, 11, 11, 12, 12, 13, 13],
];

/** The first length of each code, from 3 up; the last code is 258 alone. */
export const LENGTH_BASE: readonly number[] = [
  ...bases(LENGTH_EXTRA.slice(0, 28), 3),
  258,
];
/** The first distance of each code, from 1 up. */
export const DISTANCE_BASE: readonly number[] = bases(DISTANCE_EXTRA, 1);

/** In which order the lengths of the codes for code lengths are sent. */
export const ORDER: readonly number[] = [
  ...[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15],
];

export const END_OF_BLOCK = 256;
/** Codes of literals, the end, and lengths: 286 that are used, 288 that have a place in the fixed code. */
export const LITERAL_CODES = 286;
export const DISTANCE_CODES = 30;

/** Code lengths of the fixed code. */
export function fixedLiteralLengths(): Uint8Array {
  const lengths = new Uint8Array(288).fill(8);
  return lengths.fill(9, 144, 256).fill(7, 256, 280);
}

function bases(extra: readonly number[], first: number): number[] {
  let next = first;
  return extra.map((bits) => {
    const base = next;
    next += 1 << bits;
    return base;
  });
}
