/**
 * Frames as bytes, without I/O: chunks of any size in, whole frames out.
 * PROTOCOL.md draws the header.
 *
 * @module
 */

import { Code, TtrpcError } from "./status.ts";

/** Bytes of a frame's header. */
export const HEADER_SIZE = 10;

/** Most bytes of payload a frame may have; exactly as many are accepted. */
export const MAX_PAYLOAD = 4_194_304;

/** What a frame is for. */
export const FrameType = { Request: 1, Response: 2, Data: 3 } as const;

/** One frame. */
export interface Frame {
  /** Unsigned, 32 bits. */
  streamId: number;
  /** One of {@linkcode FrameType}, or any other byte that the peer sent. */
  type: number;
  flags: number;
  /**
   * The payload, owned by whoever got the frame. `undefined` when its header
   * said more than {@linkcode MAX_PAYLOAD}: those bytes have been thrown away.
   */
  payload: Uint8Array | undefined;
  /** Bytes of payload that the header said. */
  length: number;
}

/** Writes a header to the first {@linkcode HEADER_SIZE} bytes of `frame`. */
export function writeHeader(
  frame: Uint8Array,
  streamId: number,
  type: number,
  flags: number,
): void {
  const length = frame.length - HEADER_SIZE;
  frame[0] = length >>> 24;
  frame[1] = length >>> 16;
  frame[2] = length >>> 8;
  frame[3] = length;
  frame[4] = streamId >>> 24;
  frame[5] = streamId >>> 16;
  frame[6] = streamId >>> 8;
  frame[7] = streamId;
  frame[8] = type;
  frame[9] = flags;
}

/**
 * A frame as bytes.
 *
 * @throws {TtrpcError} `ResourceExhausted` when `payload` is longer than
 * {@linkcode MAX_PAYLOAD}: some peers die of such a frame.
 */
export function encodeFrame(
  streamId: number,
  type: number,
  flags: number,
  payload: Uint8Array,
): Uint8Array {
  if (payload.length > MAX_PAYLOAD) {
    throw new TtrpcError(
      Code.ResourceExhausted,
      `Cannot send a frame on stream ${streamId}: its payload has ` +
        `${payload.length} bytes, expected at most ${MAX_PAYLOAD}`,
    );
  }
  const frame = new Uint8Array(HEADER_SIZE + payload.length);
  writeHeader(frame, streamId, type, flags);
  frame.set(payload, HEADER_SIZE);
  return frame;
}

const EMPTY = new Uint8Array(0);

/** Cuts a byte stream into frames; holds what is not a whole frame yet. */
export class FrameReader {
  readonly #header = new Uint8Array(HEADER_SIZE);
  readonly #view = new DataView(this.#header.buffer);
  #headerFill = 0;
  #frame: Frame | undefined;
  /** Bytes of the current frame's payload that have not come yet. */
  #missing = 0;

  /** Whether the stream may end here: no frame is half read. */
  get atBoundary(): boolean {
    return this.#headerFill === 0 && this.#frame === undefined;
  }

  /**
   * Takes the next bytes and calls `onFrame` for each frame they complete. The
   * bytes are copied once, so `chunk` may be reused. An exception of `onFrame`
   * passes through and leaves the reader useless.
   */
  push(chunk: Uint8Array, onFrame: (frame: Frame) => void): void {
    let pos = 0;
    while (pos < chunk.length) {
      pos += this.#frame === undefined
        ? this.#takeHeader(chunk, pos)
        : this.#takePayload(this.#frame, chunk, pos);
      if (this.#frame !== undefined && this.#missing === 0) {
        const frame = this.#frame;
        this.#frame = undefined;
        onFrame(frame);
      }
    }
  }

  #takeHeader(chunk: Uint8Array, pos: number): number {
    const count = Math.min(HEADER_SIZE - this.#headerFill, chunk.length - pos);
    for (let i = 0; i < count; i++) {
      this.#header[this.#headerFill + i] = chunk[pos + i]!;
    }
    this.#headerFill += count;
    if (this.#headerFill === HEADER_SIZE) {
      this.#headerFill = 0;
      this.#frame = this.#begin();
    }
    return count;
  }

  #begin(): Frame {
    const length = this.#view.getUint32(0);
    this.#missing = length;
    return {
      streamId: this.#view.getUint32(4),
      type: this.#header[8]!,
      flags: this.#header[9]!,
      // The kernel gives zeroed pages for a large array one by one, so a
      // header that promises much and sends nothing holds next to nothing.
      payload: length === 0
        ? EMPTY
        : length > MAX_PAYLOAD
        ? undefined
        : new Uint8Array(length),
      length,
    };
  }

  #takePayload(frame: Frame, chunk: Uint8Array, pos: number): number {
    const count = Math.min(this.#missing, chunk.length - pos);
    frame.payload?.set(
      chunk.subarray(pos, pos + count),
      frame.length - this.#missing,
    );
    this.#missing -= count;
    return count;
  }
}
