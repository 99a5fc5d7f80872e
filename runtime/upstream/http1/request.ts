/** A request as HTTP/1.1 writes it (RFC 9112). No I/O. */
import { lengthOf } from "../../http/fields.ts";
import { bytesOf } from "../../http/write.ts";
import { Failure } from "../failure.ts";
import type { RequestHead } from "../fields.ts";

/** How the end of a request's body is told. */
export type Framing = "none" | "length" | "chunked";

/** A head ready to be written. */
export interface WrittenHead {
  bytes: Uint8Array;
  framing: Framing;
  /** With `length`: bytes of the body. */
  length: number;
}

/** Requests that say nothing of a body where they have none (RFC 9110 §8.6). */
const BODILESS = new Set(["GET", "HEAD", "DELETE", "OPTIONS", "TRACE"]);

/**
 * @param end no body follows.
 * @throws {Failure} `request`: a content-length that is none, or does not fit `end`.
 */
export function writeHead(
  { method, path, authority, fields }: RequestHead,
  end: boolean,
): WrittenHead {
  const host = authority === "" ? "" : `host: ${authority}\r\n`;
  let text = `${method} ${path} HTTP/1.1\r\n${host}`;
  let length: number | undefined;
  for (const [name, value] of fields) {
    if (name === "content-length") {
      const said = lengthOf(value);
      if (said === undefined || (length ?? said) !== said) {
        throw new Failure(
          "request",
          `the request cannot be sent: content-length ${JSON.stringify(value)}`,
        );
      }
      if (length !== undefined) continue;
      length = said;
    }
    text += `${name}: ${value}\r\n`;
  }
  let framing: Framing = "none";
  if (!end) {
    framing = length === undefined ? "chunked" : "length";
    if (framing === "chunked") text += "transfer-encoding: chunked\r\n";
  } else if (length === undefined) {
    if (!BODILESS.has(method)) text += "content-length: 0\r\n";
  } else if (length > 0) {
    throw new Failure(
      "request",
      `the request cannot be sent: content-length ${length} without a body`,
    );
  }
  return { bytes: bytesOf(text + "\r\n"), framing, length: length ?? 0 };
}
