/** Where a message's body ends (RFC 9112 §6, §7). No I/O. */
import type { Span } from "../../abi/copy.ts";
import { decodeByteString } from "../../abi/text.ts";
import { lengthOf, type Pair, valuesOf } from "./fields.ts";
import { HeadBuffer, parseFields } from "./head.ts";
import { MAX_CHUNK_LINE } from "./limits.ts";
import { Malformed } from "./malformed.ts";

/** Takes a body's bytes. */
export interface BodyReader {
  /**
   * Takes `bytes[at, …)`, adds copies of what is body to `out`.
   * @returns where the body ended, or -1: all was taken and more must come. @throws {Malformed}
   */
  take(bytes: Uint8Array, at: number, out: Uint8Array[]): number;
  /** Set once it ended with trailers. */
  trailers: Pair[] | undefined;
  /** Whether the connection's end is the body's. */
  readonly untilClose: boolean;
}

function textOf({ bytes, at, size }: Span): string {
  return decodeByteString(bytes, at, size);
}

/** How many bytes the body has, "chunked", or undefined: the fields do not say. @throws {Malformed} */
export function framingOf(
  fields: readonly Pair[],
): number | "chunked" | undefined {
  const codings = valuesOf(fields, "transfer-encoding");
  const lengths = valuesOf(fields, "content-length");
  if (codings.length > 0) {
    if (lengths.length > 0) {
      throw new Malformed("a content-length and a transfer-encoding");
    }
    if (codings.join().toLowerCase() === "chunked") return "chunked";
    const shown = JSON.stringify(codings.join().slice(0, 80));
    throw new Malformed(
      `the transfer-encoding ${shown}, expected chunked`,
      501,
    );
  }
  const said = lengths[0];
  if (said === undefined) return undefined;
  const length = lengthOf(said);
  if (length === undefined) {
    throw new Malformed(`the content-length ${JSON.stringify(said)}`);
  }
  if (lengths.some((other) => other !== said)) {
    throw new Malformed("different content-lengths");
  }
  return length;
}

/** A body of so many bytes, at least one. */
export class SizedBody implements BodyReader {
  readonly trailers = undefined;
  readonly untilClose = false;
  #left: number;

  constructor(length: number) {
    this.#left = length;
  }

  take(bytes: Uint8Array, at: number, out: Uint8Array[]): number {
    const end = Math.min(bytes.length, at + this.#left);
    if (end > at) out.push(bytes.slice(at, end));
    this.#left -= end - at;
    return this.#left === 0 ? end : -1;
  }
}

/** A body that ends with its connection. */
export class UntilClose implements BodyReader {
  readonly trailers = undefined;
  readonly untilClose = true;

  take(bytes: Uint8Array, at: number, out: Uint8Array[]): number {
    if (bytes.length > at) out.push(bytes.slice(at));
    return -1;
  }
}

const LF = 10;
const CR = 13;
const BARE_LF = /(?:^|[^\r])\n/;

/** A body in chunks, which say their sizes. */
export class ChunkedBody implements BodyReader {
  trailers: Pair[] | undefined;
  readonly untilClose = false;
  #state: "size" | "data" | "dataEnd" | "trailers" = "size";
  /** Bytes of the present chunk to come. */
  #left = 0;
  #line = "";
  readonly #head = new HeadBuffer();

  take(bytes: Uint8Array, at: number, out: Uint8Array[]): number {
    while (at < bytes.length) {
      switch (this.#state) {
        case "size":
          at = this.#size(bytes, at);
          break;
        case "data": {
          const end = Math.min(bytes.length, at + this.#left);
          out.push(bytes.slice(at, end));
          this.#left -= end - at;
          at = end;
          if (this.#left === 0) this.#state = "dataEnd";
          break;
        }
        case "dataEnd":
          at = this.#dataEnd(bytes, at);
          break;
        case "trailers": {
          const found = this.#head.take(bytes, at, true);
          if (!found) return -1;
          // Who takes other line ends here may see another end.
          if (BARE_LF.test(textOf(found.head))) this.#bad();
          const fields = parseFields(found.head);
          if (fields.length > 0) this.trailers = fields;
          return found.next;
        }
      }
    }
    return -1;
  }

  #size(bytes: Uint8Array, at: number): number {
    const lf = bytes.indexOf(LF, at);
    const end = lf < 0 ? bytes.length : lf;
    if (this.#line.length + end - at > MAX_CHUNK_LINE) this.#bad();
    this.#line += String.fromCharCode(...bytes.subarray(at, end));
    if (lf < 0) return bytes.length;
    const match = /^([0-9A-Fa-f]{1,12})[ \t]*(?:;[^\r]*)?\r$/.exec(this.#line);
    if (!match) this.#bad();
    this.#line = "";
    this.#left = parseInt(match![1]!, 16);
    this.#state = this.#left === 0 ? "trailers" : "data";
    return lf + 1;
  }

  #dataEnd(bytes: Uint8Array, at: number): number {
    if (bytes[at] === CR && this.#line === "") {
      this.#line = "\r";
      return at + 1;
    }
    if (bytes[at] !== LF || this.#line !== "\r") this.#bad();
    this.#line = "";
    this.#state = "size";
    return at + 1;
  }

  #bad(): never {
    throw new Malformed("malformed chunks");
  }
}
