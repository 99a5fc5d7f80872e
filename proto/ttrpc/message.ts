/**
 * The two messages that frames carry, as whole frames.
 *
 * @module
 */

import { Request, Response } from "../gen/ttrpc/ttrpc.ts";
import {
  encodeFrame,
  FrameType,
  HEADER_SIZE,
  MAX_PAYLOAD,
  writeHeader,
} from "./frame.ts";
import { Code, type TtrpcError } from "./status.ts";

/** Turns one message into bytes and back; the generated codecs are such. */
export interface Codec<T> {
  /** The message as bytes, once `finish` is called. */
  encode(message: T): { finish(): Uint8Array };
  /** Throws on bytes that are not the message; unknown fields are ignored. */
  decode(bytes: Uint8Array): T;
}

/** Longest text of an error that goes out, in UTF-16 units. */
const MAX_MESSAGE = 32_768;

/** Tag of `Response.payload`: field 2, length-delimited. */
const PAYLOAD_TAG = 0x12;

const NO_BYTES = new Uint8Array(0);

/** Bytes that `value` takes as a varint; `value` is below 2^28 here. */
function varintSize(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : 4;
}

/**
 * The frame of a successful reply, or `undefined` when it would be longer than
 * a frame may be. Written by hand so that the message is copied once: an OK
 * `Response` is nothing but its payload field.
 */
export function encodeReply(
  streamId: number,
  message: Uint8Array,
): Uint8Array | undefined {
  if (message.length === 0) {
    return encodeFrame(streamId, FrameType.Response, 0, NO_BYTES);
  }
  const prefix = 1 + varintSize(message.length);
  if (prefix + message.length > MAX_PAYLOAD) return undefined;
  const frame = new Uint8Array(HEADER_SIZE + prefix + message.length);
  writeHeader(frame, streamId, FrameType.Response, 0);
  frame[HEADER_SIZE] = PAYLOAD_TAG;
  let pos = HEADER_SIZE + 1;
  let rest = message.length;
  for (; rest >= 0x80; rest >>>= 7) frame[pos++] = rest | 0x80;
  frame[pos++] = rest;
  frame.set(message, pos);
  return frame;
}

/** The frame of a reply that says why a call failed. */
export function encodeFailure(
  streamId: number,
  error: TtrpcError,
): Uint8Array {
  const whole = error.message;
  const message = whole.length > MAX_MESSAGE
    ? `${whole.slice(0, MAX_MESSAGE)}… (${whole.length} characters)`
    : whole;
  // Code 0 would turn a failure into a success.
  const code = error.code === Code.OK ? Code.Unknown : error.code;
  const status = { code, message, details: [] };
  return encodeFrame(
    streamId,
    FrameType.Response,
    0,
    Response.encode({ status, payload: NO_BYTES }).finish(),
  );
}

/** The frame of a call; throws `ResourceExhausted` when it is too long. */
export function encodeRequest(streamId: number, request: Request): Uint8Array {
  return encodeFrame(
    streamId,
    FrameType.Request,
    0,
    Request.encode(request).finish(),
  );
}
