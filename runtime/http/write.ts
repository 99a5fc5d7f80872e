/** Parts of a message as HTTP/1.1 writes them (RFC 9112 §7). No I/O. */
import { writeByteString } from "../../abi/text.ts";
import type { Pair } from "./fields.ts";

/** One chunk; with `last` also the end of the body without trailers. No bytes are no chunk. */
export function writeChunk(bytes: Uint8Array, last: boolean): Uint8Array {
  const size = bytes.length === 0 ? "" : `${bytes.length.toString(16)}\r\n`;
  const after = (size === "" ? "" : "\r\n") + (last ? "0\r\n\r\n" : "");
  const written = new Uint8Array(size.length + bytes.length + after.length);
  writeByteString(written, 0, size);
  written.set(bytes, size.length);
  writeByteString(written, size.length + bytes.length, after);
  return written;
}

/** The end of a chunked body with trailers. */
export function writeTrailers(fields: readonly Pair[]): Uint8Array {
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`);
  return bytesOf(`0\r\n${lines.join("")}\r\n`);
}

/** A byte string's bytes. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  writeByteString(bytes, 0, text);
  return bytes;
}
