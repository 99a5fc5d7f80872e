/** The clocks that guests see. Both are nanoseconds; neither costs a bigint until a guest is given one. */

const TWO_32 = 2 ** 32;

/** What the monotonic clock lacks to the wall clock: milliseconds. Known to a millisecond at first, then better. */
let offset = Date.now() - performance.now();
/** When the two were compared: milliseconds of the monotonic clock. */
let compared = 0;

/**
 * Wall clock, milliseconds since the epoch with a fraction. `Date.now()` has whole milliseconds only, so the fraction
 * comes from the monotonic clock. Where the two contradict each other the offset was wrong by that much (it was taken
 * somewhere inside a millisecond, or the wall clock was set) and is put right: a clock that was only held back would
 * stand still for a part of every millisecond. They are compared once in a millisecond, since asking both costs twice.
 */
export function realtime(): number {
  const monotonic = performance.now();
  if (monotonic - compared < 1) return offset + monotonic;
  compared = monotonic;
  const whole = Date.now();
  const now = offset + monotonic;
  if (now >= whole && now < whole + 1) return now;
  const bound = now < whole ? whole : whole + 0.999;
  offset = bound - monotonic;
  return bound;
}

/** Monotonic clock, milliseconds with a fraction. */
export function monotonic(): number {
  return performance.now();
}

/** The low and high half of a u64 of nanoseconds. */
export interface Halves {
  low: number;
  high: number;
}

/**
 * `milliseconds` as nanoseconds in two u32, into `out`. The product exceeds 2^53 (the epoch is 1.8e18 ns), so the
 * seconds are multiplied in two parts of 16 bits, each exact.
 */
export function nanoseconds(milliseconds: number, out: Halves): void {
  const seconds = Math.floor(milliseconds / 1000);
  const rest = Math.floor((milliseconds - seconds * 1000) * 1e6);
  const lower = (seconds % 65536) * 1e9 + rest;
  const upper = Math.floor(seconds / 65536) * 1e9;
  const low = (upper % 65536) * 65536 + lower;
  out.low = low % TWO_32;
  out.high = Math.floor(upper / 65536) + Math.floor(low / TWO_32);
}
