/**
 * Text between guest and host. Two kinds: UTF-8 text (log lines, ids, keys), decoded with replacement because guests
 * are hostile; and byte strings (HTTP fields), one character per byte as `Headers` has them, which carry any byte
 * unchanged in both directions.
 */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const encoder = new TextEncoder();

/** Below this, building the string by hand beats the call into TextDecoder (130 ns; 5 bytes by hand: 50 ns). */
const SHORT = 32;

/** Up to this, writing by hand beats TextEncoder, which wants a view of where it goes (100 ns and more). */
const WRITTEN = 64;

/** Arguments of one `String.fromCharCode`; more could overflow the stack. */
const CHUNK = 1024;

const codes: number[] = [];

/** `bytes[start, start+length)` as UTF-8; invalid sequences become U+FFFD. */
export function decodeText(
  bytes: Uint8Array,
  start: number,
  length: number,
): string {
  if (length === 0) return "";
  if (length <= SHORT) {
    let all = 0;
    codes.length = length;
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i]!;
      codes[i] = byte;
      all |= byte;
    }
    if (all < 0x80) return String.fromCharCode.apply(null, codes);
  }
  const part = bytes.subarray(start, start + length);
  // TextDecoder does not take shared memory.
  return decoder.decode(
    part.buffer instanceof ArrayBuffer ? part : part.slice(),
  );
}

/** `bytes[start, start+length)` as a byte string. */
export function decodeByteString(
  bytes: Uint8Array,
  start: number,
  length: number,
): string {
  // Most is ASCII, and of that UTF-8 is the same: 162 bytes in 0.3 µs, by hand in 0.5.
  if (length > SHORT && isAscii(bytes, start, length)) {
    return decodeText(bytes, start, length);
  }
  if (length <= CHUNK) return byteStringChunk(bytes, start, length);
  const parts: string[] = [];
  for (let at = 0; at < length; at += CHUNK) {
    parts.push(
      byteStringChunk(bytes, start + at, Math.min(CHUNK, length - at)),
    );
  }
  return parts.join("");
}

function isAscii(bytes: Uint8Array, start: number, length: number): boolean {
  let all = 0;
  for (let i = start; i < start + length; i++) all |= bytes[i]!;
  return all < 0x80;
}

function byteStringChunk(
  bytes: Uint8Array,
  start: number,
  length: number,
): string {
  if (length === 0) return "";
  codes.length = length;
  for (let i = 0; i < length; i++) codes[i] = bytes[start + i]!;
  return String.fromCharCode.apply(null, codes);
}

/** `text` as UTF-8. */
export function encodeText(text: string): Uint8Array {
  return encoder.encode(text);
}

/**
 * `text` with every character below U+0100, so that it can be written one byte each. A host that hands over real
 * Unicode text gets it as UTF-8, which is what the other end of an HTTP connection would have seen.
 */
export function asByteString(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0xff) {
      const bytes = encoder.encode(text);
      return decodeByteString(bytes, 0, bytes.length);
    }
  }
  return text;
}

/** Writes the byte string `text` at `at`; the caller made room for `text.length` bytes. */
export function writeByteString(
  bytes: Uint8Array,
  at: number,
  text: string,
): void {
  const { length } = text;
  if (length > WRITTEN && bytes.buffer instanceof ArrayBuffer) {
    // As far as it is ASCII, which it mostly is.
    const room = bytes.subarray(at, at + length);
    if (encoder.encodeInto(text, room).read === length) return;
  }
  for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
}
