/** The head of a message, and trailers: lines of text up to an empty one (RFC 9112 §2, §5). No I/O. */
import { decodeByteString } from "../../abi/text.ts";
import { isField, type Pair } from "./fields.ts";
import { MAX_FIELDS, MAX_HEAD } from "./limits.ts";
import { Malformed } from "./malformed.ts";

const LF = 10;
const CR = 13;

const NO_BYTES = new Uint8Array(0);

/** Gathers bytes up to the empty line that ends a head or trailers. */
export class HeadBuffer {
  #bytes: Uint8Array = NO_BYTES;

  /** Whether nothing of a head is waiting for the rest. */
  get empty(): boolean {
    return this.#bytes.length === 0;
  }

  /**
   * Takes `bytes[at, …)`.
   * @param empty whether an empty line at once is an end: trailers may have none.
   * @returns the lines and where the next thing begins, or undefined: all was taken and more must come.
   * @throws {Malformed} over the limit.
   */
  take(
    bytes: Uint8Array,
    at: number,
    empty: boolean,
  ): { lines: string[]; next: number } | undefined {
    const had = this.#bytes.length;
    let all = bytes;
    let start = at;
    if (had > 0) {
      all = new Uint8Array(had + bytes.length - at);
      all.set(this.#bytes);
      all.set(bytes.subarray(at), had);
      start = 0;
    }
    // A line end may be split between what was there and what came.
    const end = emptyLine(all, start, Math.max(start, start + had - 3), empty);
    if ((end < 0 ? all.length : end) - start > MAX_HEAD) {
      throw new Malformed(`a head over the limit of ${MAX_HEAD} bytes`, 431);
    }
    if (end < 0) {
      this.#bytes = all.slice(start);
      return undefined;
    }
    this.#bytes = NO_BYTES;
    const text = decodeByteString(all, start, end - start);
    const lines = text.split("\n");
    // What is left after the last line's end, and the empty line itself.
    lines.length -= Math.min(lines.length, 2);
    for (let i = 0; i < lines.length; i++) {
      if (lines[i]!.endsWith("\r")) lines[i] = lines[i]!.slice(0, -1);
    }
    return { lines, next: had > 0 ? end - had + at : end };
  }
}

/** Where the first byte after an empty line is, or -1. */
function emptyLine(
  bytes: Uint8Array,
  start: number,
  from: number,
  empty: boolean,
): number {
  if (empty) {
    if (bytes[start] === LF) return start + 1;
    if (bytes[start] === CR && bytes[start + 1] === LF) return start + 2;
  }
  for (let at = from;;) {
    const lf = bytes.indexOf(LF, at);
    if (lf < 0) return -1;
    if (bytes[lf + 1] === LF) return lf + 2;
    if (bytes[lf + 1] === CR && bytes[lf + 2] === LF) return lf + 3;
    at = lf + 1;
  }
}

/**
 * Adds the fields in `lines` from `start` on to `fields`.
 * @throws {Malformed}
 */
export function parseFields(
  lines: readonly string[],
  start: number,
  fields: Pair[] = [],
): Pair[] {
  if (lines.length - start > MAX_FIELDS) {
    throw new Malformed(
      `${lines.length - start} fields, over the limit of ${MAX_FIELDS}`,
      431,
    );
  }
  for (let i = start; i < lines.length; i++) {
    const line = lines[i]!;
    const colon = line.indexOf(":");
    const name = line.slice(0, colon).toLowerCase();
    const value = trimmed(line, colon + 1);
    if (colon < 1 || !isField(name, value)) {
      throw new Malformed(
        `the field line ${JSON.stringify(line.slice(0, 80))}`,
      );
    }
    fields.push([name, value]);
  }
  return fields;
}

/** `line` from `start` on without spaces and tabs around. */
function trimmed(line: string, start: number): string {
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start++;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}
