/** The head of a message, and trailers: lines of text up to an empty one (RFC 9112 §2, §5). No I/O. */
import type { Span } from "../../abi/copy.ts";
import { internedByteString } from "../../abi/interned.ts";
import { decodeByteString } from "../../abi/text.ts";
import type { Pair } from "./fields.ts";
import { MAX_FIELDS, MAX_HEAD } from "./limits.ts";
import { Malformed } from "./malformed.ts";
import { nameOf } from "./names.ts";

const TAB = 9;
const LF = 10;
const CR = 13;
const COLON = 58;

const NO_BYTES = new Uint8Array(0);
/** Bytes that a head which came in pieces has room for at first. */
const ROOM = 1024;

/** A head or trailers. */
export interface Taken {
  /** All of it, with the empty line that ends it; to be read before more is taken. */
  head: Span;
  /** Where the next thing begins in what was taken last. */
  next: number;
}

/** Gathers bytes up to the empty line that ends a head or trailers. */
export class HeadBuffer {
  #bytes = NO_BYTES;
  #length = 0;

  /** Whether nothing of a head is waiting for the rest. */
  get empty(): boolean {
    return this.#length === 0;
  }

  /**
   * Takes `bytes[at, end)`.
   * @param empty whether an empty line at once is an end: trailers may have none.
   * @returns undefined: all was taken and more must come. @throws {Malformed} over the limit.
   */
  take(
    bytes: Uint8Array,
    at: number,
    empty: boolean,
    end = bytes.length,
  ): Taken | undefined {
    const had = this.#length;
    if (had === 0) {
      const next = emptyLine(bytes, at, end, at, empty);
      if (next >= 0 && next - at <= MAX_HEAD) {
        return { head: { bytes, at, size: next - at }, next };
      }
    }
    this.#gather(bytes, at, end);
    // A line end may be split between what was there and what came.
    const from = Math.max(0, had - 3);
    const size = emptyLine(this.#bytes, 0, this.#length, from, empty);
    if ((size < 0 ? this.#length : size) > MAX_HEAD) {
      throw new Malformed(`a head over the limit of ${MAX_HEAD} bytes`, 431);
    }
    if (size < 0) return undefined;
    const head = { bytes: this.#bytes, at: 0, size };
    this.#bytes = NO_BYTES;
    this.#length = 0;
    return { head, next: size - had + at };
  }

  /** Keeps no more than what shows that it is too much. */
  #gather(bytes: Uint8Array, at: number, last: number): void {
    const had = this.#length;
    const end = Math.min(last, at + MAX_HEAD + 1 - had);
    const length = had + end - at;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(ROOM, 2 * had, length));
      larger.set(this.#bytes.subarray(0, had));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(at, end), had);
    this.#length = length;
  }
}

/** Where the first byte after an empty line is in `bytes[start, end)`, looked for behind `from`; or -1. */
function emptyLine(
  bytes: Uint8Array,
  start: number,
  end: number,
  from: number,
  empty: boolean,
): number {
  if (empty && start < end) {
    if (bytes[start] === LF) return start + 1;
    if (start + 1 < end && bytes[start] === CR && bytes[start + 1] === LF) {
      return start + 2;
    }
  }
  // By hand: `indexOf` costs more for lines as short as these.
  for (let at = from; at < end; at++) {
    if (bytes[at] !== LF) continue;
    if (at + 1 < end && bytes[at + 1] === LF) return at + 2;
    if (at + 2 < end && bytes[at + 1] === CR && bytes[at + 2] === LF) {
      return at + 3;
    }
  }
  return -1;
}

/** Where the first line of a head ends, and the fields begin. */
export function firstLine(
  { bytes, at, size }: Span,
): { end: number; next: number } {
  const lf = lineFeed(bytes, at, at + size);
  return { end: lineEnd(bytes, at, lf), next: lf + 1 };
}

/**
 * Adds the fields of a head, which begin at `at` and go up to the empty line, to `fields`.
 * @throws {Malformed}
 */
export function parseFields(
  head: Span,
  at = head.at,
  fields: Pair[] = [],
): Pair[] {
  checkBytes(head);
  const { bytes } = head;
  const last = head.at + head.size;
  const most = fields.length + MAX_FIELDS;
  while (true) {
    const lf = lineFeed(bytes, at, last);
    const end = lineEnd(bytes, at, lf);
    if (end <= at) return fields;
    if (fields.length === most) {
      throw new Malformed(`more than ${MAX_FIELDS} fields`, 431);
    }
    fields.push(parseField(bytes, at, end));
    at = lf + 1;
  }
}

/** No line has control characters (RFC 9110 §5.5), nor a CR that ends none. @throws {Malformed} */
function checkBytes({ bytes, at, size }: Span): void {
  for (let i = at; i < at + size; i++) {
    const byte = bytes[i]!;
    if (byte >= 0x20 && byte !== 0x7f || byte === LF || byte === TAB) continue;
    if (byte !== CR || i + 1 === at + size || bytes[i + 1] !== LF) {
      throw new Malformed("a control character in a field");
    }
  }
}

function parseField(bytes: Uint8Array, at: number, end: number): Pair {
  let colon = at;
  while (colon < end && bytes[colon] !== COLON) colon++;
  const name = colon > at && colon < end
    ? nameOf(internedByteString(bytes, at, colon - at))
    : undefined;
  if (name === undefined) {
    const line = decodeByteString(bytes, at, Math.min(end - at, 80));
    throw new Malformed(`the field line ${JSON.stringify(line)}`);
  }
  let start = colon + 1;
  while (start < end && isBlank(bytes[start]!)) start++;
  while (end > start && isBlank(bytes[end - 1]!)) end--;
  return [name, decodeByteString(bytes, start, end - start)];
}

/** Where the next LF is; `end` where there is none. */
function lineFeed(bytes: Uint8Array, at: number, end: number): number {
  while (at < end && bytes[at] !== LF) at++;
  return at;
}

/** The end of the line from `at` whose LF is at `lf`: its CR is optional (RFC 9112 §2.2). */
function lineEnd(bytes: Uint8Array, at: number, lf: number): number {
  return lf > at && bytes[lf - 1] === CR ? lf - 1 : lf;
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === TAB;
}
