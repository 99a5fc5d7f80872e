/** The zlib format (RFC 1950) around DEFLATE. */
import { adler32 } from "./adler.ts";
import { deflate } from "./deflate.ts";
import { inflate, InflateError } from "./inflate.ts";

/** What zlib writes first at level 6: a window of 32 KiB, the default effort, no dictionary. */
const HEADER = [0x78, 0x9c];
const FOOTER = 4;

/** `bytes` as zlib's `compress` gives them. */
export function compress(bytes: Uint8Array): Uint8Array {
  const body = deflate(bytes);
  const all = new Uint8Array(HEADER.length + body.length + FOOTER);
  all.set(HEADER);
  all.set(body, HEADER.length);
  new DataView(all.buffer).setUint32(all.length - FOOTER, adler32(bytes));
  return all;
}

/**
 * What zlib's `uncompress` makes of `bytes`: one whole stream; what follows it is ignored.
 * @throws {InflateError} it is none.
 * @throws {InflateBoundError} more than `bound` bytes would come out.
 */
export function uncompress(bytes: Uint8Array, bound: number): Uint8Array {
  const method = bytes[0] ?? 0;
  const flags = bytes[1] ?? 0;
  const valid = (method & 0x0f) === 8 && method >> 4 <= 7 &&
    (method << 8 | flags) % 31 === 0 && (flags & 0x20) === 0;
  if (!valid) throw new InflateError("no zlib stream begins here");
  const { bytes: inflated, end } = inflate(bytes, HEADER.length, bound);
  if (end + FOOTER > bytes.length) {
    throw new InflateError("the stream ends early");
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getUint32(end) !== adler32(inflated)) {
    throw new InflateError("the checksum is another's");
  }
  return inflated;
}
