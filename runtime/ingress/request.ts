/** From an HTTP request to what a function sees of it. */
import type { Pair } from "../http/fields.ts";
import type { WireRequest } from "../isolate/messages.ts";
import { plainFacts } from "./facts.ts";
import type { Incoming } from "./incoming.ts";
import { collect, StreamBody } from "./streams.ts";

const encoder = new TextEncoder();
const NONE = new Uint8Array(0);

/** A request with its body read, or undefined where that is over `limit` bytes. @throws why it broke off. */
export async function wholeOf(
  request: WireRequest,
  limit: number,
): Promise<WireRequest | undefined> {
  const { stream, ...rest } = request;
  if (stream === undefined) {
    return request.bodyIsReal && request.body.length > limit
      ? undefined
      : request;
  }
  const declared = declaredLength(request.headers);
  const body = await collect(new StreamBody(stream, declared), limit);
  return body && { ...rest, body, bodyIsReal: body.length > 0 };
}

/** Nobody will read a request's body: whoever sends it need not wait for that. */
export function unread({ stream }: WireRequest): void {
  // One that was handed on is not ours to end.
  stream?.cancel().catch(() => {});
}

/** The length that a request's fields say its body has: bytes. */
export function declaredLength(
  headers: Iterable<[string, string]>,
): number | undefined {
  for (const [name, value] of headers) {
    if (name === "content-length") return Number(value);
  }
  return undefined;
}

/**
 * The query string as Layotto's functions get it in place of a body: decoded, the whole of it (ABI.md §5.4, §5.9).
 * A malformed escape stays as it is.
 */
export function queryAsBody(path: string): Uint8Array {
  const at = path.indexOf("?");
  if (at < 0) return NONE;
  const query = path.slice(at + 1);
  if (!/[%+]/.test(query)) return encoder.encode(query);
  const raw = encoder.encode(query);
  const decoded = new Uint8Array(raw.length);
  let length = 0;
  for (let i = 0; i < raw.length; i++) {
    const byte = raw[i]!;
    const value = byte === 0x25 ? hexPair(raw[i + 1], raw[i + 2]) : -1;
    if (value >= 0) i += 2;
    decoded[length++] = value >= 0 ? value : byte === 0x2b ? 0x20 : byte;
  }
  return decoded.slice(0, length);
}

function hexPair(high: number | undefined, low: number | undefined): number {
  if (high === undefined || low === undefined) return -1;
  const text = String.fromCharCode(high, low);
  return /^[0-9a-fA-F]{2}$/.test(text) ? parseInt(text, 16) : -1;
}

/** A request with its body read, as it travels between isolates. */
export function toWire(
  { method, path, authority, scheme, headers, facts }: Incoming,
  body: Uint8Array,
): WireRequest {
  return {
    method,
    path,
    authority,
    scheme,
    headers,
    body,
    bodyIsReal: body.length > 0,
    chain: [],
    facts: plainFacts(facts),
  };
}

/** The value of the first field of that name. */
export function fieldOf(
  headers: readonly Pair[],
  wanted: string,
): string | undefined {
  for (const [name, value] of headers) if (name === wanted) return value;
  return undefined;
}
