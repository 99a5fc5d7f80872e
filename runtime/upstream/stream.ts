/** What a client of either HTTP version and its user say to each other about one exchange. */
import type { Pair } from "../http/fields.ts";
import type { Failure } from "./failure.ts";

/**
 * Bytes of one direction that may be under way before its sender waits: whoever takes them says so
 * (`consumed`, `sent`).
 */
export const WINDOW = 128 * 1024;

/** Told of a response. Calls come in order, the last one has `end`, or is `trailers` or `failed`. */
export interface ResponseSink {
  /** The connection the response comes over, before its head: its ends, packed. */
  connection?(ends: string): void;
  /** `:status` first, names in lower case, otherwise as they came; informational responses never get here. */
  head(fields: Pair[], end: boolean): void;
  /** The bytes are the sink's. */
  data(bytes: Uint8Array, end: boolean): void;
  trailers(fields: Pair[]): void;
  failed(failure: Failure): void;
  /** So many body bytes of the request left for the network. */
  sent(bytes: number): void;
}

/** A request under way. Nothing here throws; calls after its end, or after the response's, do nothing. */
export interface RequestStream {
  /** Keeps `bytes` until they are written. */
  send(bytes: Uint8Array, end: boolean): void;
  trailers(fields: readonly Pair[]): void;
  /** The user is done with so many body bytes: more may come. */
  consumed(bytes: number): void;
  /** Gives up; the sink hears nothing more. */
  cancel(): void;
}
