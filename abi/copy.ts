/** Copies between guest memory and the host's. Up to this many bytes a loop beats `set` (a call of 0.1 µs and more). */
export const SHORT = 64;

/** Puts the first `size` bytes of `source` at `at`, where the caller made room. */
export function copyInto(
  target: Uint8Array,
  at: number,
  source: Uint8Array,
  size = source.length,
): void {
  if (size <= SHORT) {
    for (let i = 0; i < size; i++) target[at + i] = source[i]!;
  } else if (size === source.length) target.set(source, at);
  else target.set(source.subarray(0, size), at);
}

/** Bytes where they lie: `[at, at + size)` of `bytes`. To read a short name costs less than a view of it. */
export interface Span {
  readonly bytes: Uint8Array;
  readonly at: number;
  readonly size: number;
}

/** All of `bytes`. */
export function spanOf(bytes: Uint8Array): Span {
  return { bytes, at: 0, size: bytes.length };
}

/** Puts what is at `span` at `at`, where the caller made room. */
export function copySpan(
  target: Uint8Array,
  at: number,
  { bytes, at: from, size }: Span,
): void {
  if (size <= SHORT) {
    for (let i = 0; i < size; i++) target[at + i] = bytes[from + i]!;
  } else target.set(bytes.subarray(from, from + size), at);
}

/** Puts `[at, at + size)` of `source` at the beginning of `target`, which has room for it. */
export function copyOut(
  source: Uint8Array,
  at: number,
  size: number,
  target: Uint8Array,
): void {
  if (size <= SHORT) {
    for (let i = 0; i < size; i++) target[i] = source[at + i]!;
  } else target.set(source.subarray(at, at + size));
}

/** Sizes up to this are copied out over and over into the same bytes. */
const KEPT = 4096;

/**
 * A place for what is copied out of shared memory, and handed on before the next is: making an array costs more than
 * filling a short one.
 */
export class Tray {
  #bytes = new Uint8Array(KEPT);
  /** How many of `bytes` are meant. */
  size = 0;
  /** What `fill` put there, and perhaps more; valid until the next `fill`. */
  bytes: Uint8Array<ArrayBuffer> = this.#bytes;

  /** @throws {RangeError} there is no memory for a copy. */
  fill(source: Uint8Array, at: number, size: number): void {
    this.bytes = size <= KEPT ? this.#bytes : new Uint8Array(size);
    this.size = size;
    copyOut(source, at, size, this.bytes);
  }

  /** A copy that stays. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.size);
  }
}
