/**
 * Protobuf timestamps from and to JavaScript's clock.
 *
 * @module
 */

import type { Timestamp } from "./gen/google/protobuf/timestamp.ts";

/**
 * The timestamp of `ms`, milliseconds since 1970 as `Date.now()` gives them,
 * parts of a millisecond included.
 *
 * @throws {RangeError} when `ms` is not a finite number.
 */
export function toTimestamp(ms: number): Timestamp {
  const seconds = Math.floor(ms / 1000);
  const nanos = Math.min(Math.round((ms - seconds * 1000) * 1e6), 999_999_999);
  return { seconds: BigInt(seconds), nanos };
}

/** Milliseconds since 1970; exact to about a microsecond. */
export function fromTimestamp(timestamp: Timestamp): number {
  return Number(timestamp.seconds) * 1000 + timestamp.nanos / 1e6;
}
