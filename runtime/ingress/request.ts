/** From an HTTP request to what a function sees of it. */
import type { Facts } from "../../abi/host.ts";
import type { WireRequest } from "../isolate/messages.ts";
import { plainFacts } from "./facts.ts";
import { pairsOf } from "./fields.ts";

const encoder = new TextEncoder();
const NONE = new Uint8Array(0);

/** Path and query of a request's URL, without building a URL object. */
export function pathOf(url: string): string {
  const at = authorityEnd(url);
  return url[at] === "/" ? url.slice(at) : `/${url.slice(at)}`;
}

/** The authority of a request's URL: that of an absolute target, else `host`, or HTTP/2's `:authority`. */
export function authorityOf(url: string): string {
  return url.slice(url.indexOf("//") + 2, authorityEnd(url));
}

function authorityEnd(url: string): number {
  const start = url.indexOf("//") + 2;
  const slash = url.indexOf("/", start);
  const query = url.indexOf("?", start);
  const end = slash < 0 || query >= 0 && query < slash ? query : slash;
  return end < 0 ? url.length : end;
}

/** Whether a `host` would be taken for more than that in a URL: it could move the path that functions look at. */
export function misleads(host: string | null): boolean {
  return host !== null && /[/?#\\\s]/.test(host);
}

/**
 * The body of a request, up to `limit` bytes.
 * @returns undefined when it is larger; a declared length is refused before a byte is read.
 */
export async function readBody(
  request: Request,
  limit: number,
): Promise<Uint8Array | undefined> {
  const { body } = request;
  if (body === null) return NONE;
  const declared = request.headers.get("content-length");
  if (declared !== null) {
    if (Number(declared) > limit) return undefined;
    return new Uint8Array(await request.arrayBuffer());
  }
  return await readStream(body, limit);
}

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
  if ((declaredLength(request.headers) ?? 0) > limit) {
    await stream.cancel();
    return undefined;
  }
  const body = await readStream(stream, limit);
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

/** All of a stream, up to `limit` bytes. @returns undefined when it has more. @throws why it broke off. */
export async function readStream(
  stream: ReadableStream<Uint8Array>,
  limit: number,
): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of stream) {
    size += part.length;
    if (size > limit) return undefined;
    parts.push(part);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
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
  request: Request,
  path: string,
  body: Uint8Array,
  facts?: Facts,
): WireRequest {
  return {
    method: request.method,
    path,
    authority: authorityOf(request.url),
    scheme: "http",
    headers: pairsOf(request.headers),
    body,
    bodyIsReal: body.length > 0,
    chain: [],
    facts: facts && plainFacts(facts),
  };
}
