/**
 * Frames of the control protocol, without I/O.
 *
 *     u32 length (big endian, of what follows the kind) | u8 kind | payload
 *
 * | kind | payload |
 * |---|---|
 * | 1 message | JSON, UTF-8 (`messages.ts`) |
 * | 2 output  | key, u8 stream (1 or 2), bytes |
 * | 3 input   | key, bytes; none: end of file |
 * | 4 module  | key, bytes: the next part of that container's module |
 *
 * A key is `u16 length | pod NUL container NUL exec` in UTF-8.
 */
import type { Key } from "./messages.ts";

export const FrameKind = {
  message: 1,
  output: 2,
  input: 3,
  module: 4,
} as const;
export type FrameKind = typeof FrameKind[keyof typeof FrameKind];

/** Largest payload either side accepts: bytes. Longer content is cut into several frames. */
export const MAX_PAYLOAD = 1024 * 1024 + 4096;

/** How much content one output, input or module frame carries at most: bytes. */
export const MAX_CONTENT = 128 * 1024;

const HEADER = 5;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface Frame {
  kind: number;
  payload: Uint8Array<ArrayBuffer>;
}

/** A control stream that is not one: the peer is broken, or something else writes on its stdout. */
export class FrameError extends Error {
  override name = "FrameError";
}

/** Chunks in, frames out; holds what is not whole yet. */
export class FrameReader {
  #held: Uint8Array<ArrayBuffer> = new Uint8Array(0);

  /** @throws {FrameError} on a length over the limit, before anything of that length is allocated. */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.#held = join(this.#held, chunk);
    let at = 0;
    while (this.#held.length - at >= HEADER) {
      const view = new DataView(this.#held.buffer, this.#held.byteOffset + at);
      const length = view.getUint32(0);
      if (length > MAX_PAYLOAD) {
        throw new FrameError(
          `control frame: length ${length}, expected at most ${MAX_PAYLOAD}`,
        );
      }
      if (this.#held.length - at - HEADER < length) break;
      const start = at + HEADER;
      yield {
        kind: view.getUint8(4),
        payload: this.#held.subarray(start, start + length),
      };
      at = start + length;
    }
    this.#held = this.#held.slice(at);
  }
}

function join(
  a: Uint8Array<ArrayBuffer>,
  b: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(a.length + b.length);
  whole.set(a);
  whole.set(b, a.length);
  return whole;
}

function frame(kind: FrameKind, ...parts: Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = new Uint8Array(HEADER + length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, length);
  view.setUint8(4, kind);
  let at = HEADER;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function keyBytes(key: Key): Uint8Array {
  const text = encoder.encode(`${key.pod}\0${key.container}\0${key.exec}`);
  const bytes = new Uint8Array(2 + text.length);
  new DataView(bytes.buffer).setUint16(0, text.length);
  bytes.set(text, 2);
  return bytes;
}

/** One message as a frame. */
export function messageFrame(message: unknown): Uint8Array {
  const payload = encoder.encode(JSON.stringify(message));
  if (payload.length > MAX_PAYLOAD) {
    throw new FrameError(
      `control message: ${payload.length} bytes, expected at most ${MAX_PAYLOAD}`,
    );
  }
  return frame(FrameKind.message, payload);
}

/** Output of a container; `bytes` must not exceed `MAX_CONTENT`. */
export function outputFrame(
  key: Key,
  stream: 1 | 2,
  bytes: Uint8Array,
): Uint8Array {
  return frame(FrameKind.output, keyBytes(key), Uint8Array.of(stream), bytes);
}

/** Input of a container, or a part of its module; `bytes` must not exceed `MAX_CONTENT`. */
export function contentFrame(
  kind: typeof FrameKind.input | typeof FrameKind.module,
  key: Key,
  bytes: Uint8Array,
) {
  return frame(kind, keyBytes(key), bytes);
}

/** @throws {FrameError} when the payload is not JSON. */
export function parseMessage(payload: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(payload));
  } catch (error) {
    throw new FrameError(
      `control message: not JSON: ${(error as Error).message}`,
    );
  }
}

/** @throws {FrameError} when the payload has no whole key. */
export function parseContent(
  payload: Uint8Array<ArrayBuffer>,
): { key: Key; bytes: Uint8Array<ArrayBuffer> } {
  if (payload.length < 2) throw new FrameError("control frame: no key");
  const length = new DataView(payload.buffer, payload.byteOffset).getUint16(0);
  const [pod, container, exec] = decoder.decode(payload.subarray(2, 2 + length))
    .split("\0");
  if (
    payload.length < 2 + length || pod === undefined ||
    container === undefined || exec === undefined
  ) {
    throw new FrameError(
      "control frame: the key is not pod, container and exec",
    );
  }
  return { key: { pod, container, exec }, bytes: payload.subarray(2 + length) };
}

/** @throws {FrameError} when the payload has no key or names another stream than 1 or 2. */
export function parseOutput(
  payload: Uint8Array<ArrayBuffer>,
): { key: Key; stream: 1 | 2; bytes: Uint8Array } {
  const { key, bytes } = parseContent(payload);
  const stream = bytes[0];
  if (stream !== 1 && stream !== 2) {
    throw new FrameError(`control frame: stream ${stream}, expected 1 or 2`);
  }
  return { key, stream, bytes: bytes.subarray(1) };
}
