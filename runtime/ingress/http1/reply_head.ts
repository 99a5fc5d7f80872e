/** The head of an answer (RFC 9112 §4): status, fields, and what frames the body. No I/O. */
import { isTokenCode, isValueCode } from "../../../abi/field.ts";
import { writeByteString } from "../../../abi/text.ts";
import { isHopByHop, lengthOf, type Pair } from "../../http/fields.ts";
import { withoutBody } from "../answers.ts";

/** What of the request decides how an answer to it is written. */
export interface Asked {
  readonly method: string;
  readonly minor: number;
  readonly keepAlive: boolean;
}

/** How the end of an answer's body is told. */
export type Framing =
  /** There is no body, whatever the fields say. */
  | "none"
  /** The connection's end. */
  | "close"
  | "chunked"
  /** So many bytes. */
  | number;

export interface WrittenHead {
  /** Bytes. */
  size: number;
  framing: Framing;
  /** Whether the connection may serve another request after this answer. */
  keepAlive: boolean;
}

/** Bytes that a head takes beside its fields, at most: status line, date, and what is said of length and connection. */
const ROOM = 200;

/** Bytes that `writeReplyHead` takes at most. */
export function roomForHead(fields: readonly Pair[]): number {
  let room = ROOM;
  for (const [name, value] of fields) room += name.length + value.length + 4;
  return room;
}

/** Writes a head at the beginning of `out`. `length`: bytes of the body; undefined: it is still to come. */
export function writeReplyHead(
  out: Uint8Array,
  status: number,
  fields: readonly Pair[],
  length: number | undefined,
  { method, minor, keepAlive }: Asked,
): WrittenHead {
  let at = put(out, 0, STATUS_LINES[status] ?? `HTTP/1.1 ${status} \r\n`);
  const bodiless = method === "HEAD" || withoutBody(status);
  // Clients are only sure that it has no body where that is said (RFC 9110 §15.3.6).
  if (status === 205) length = 0;
  // Where there is none, the fields are those of the answer with one.
  const asSaid = length === undefined ||
    bodiless && length === 0 && status !== 205;
  let size: number | undefined;
  let dated = false;
  for (const [name, value] of fields) {
    if (name === "content-length") {
      if (size !== undefined) continue;
      size = asSaid ? lengthOf(value) : length;
      if (size !== undefined && status !== 204) at = putLength(out, at, size);
      continue;
    }
    if (isHopByHop(name)) {
      if (name === "connection" && /\bclose\b/i.test(value)) keepAlive = false;
      continue;
    }
    const before = at;
    at = putField(out, at, name, value);
    dated ||= name === "date" && at > before;
  }
  if (size === undefined && length !== undefined) {
    if (!bodiless || length > 0 || status === 205) {
      at = putLength(out, at, length);
    }
    size = length;
  }
  const framing = bodiless
    ? "none"
    : size ?? (minor === 1 ? "chunked" : "close");
  if (framing === "chunked") {
    at = put(out, at, "transfer-encoding: chunked\r\n");
  }
  if (framing === "close") keepAlive = false;
  if (!dated) at = put(out, at, dateLine());
  if (!keepAlive) at = put(out, at, "connection: close\r\n");
  else if (minor === 0) at = put(out, at, "connection: keep-alive\r\n");
  return { size: put(out, at, "\r\n"), framing, keepAlive };
}

/** Writes a byte string, and says where it ends. */
function put(out: Uint8Array, at: number, text: string): number {
  writeByteString(out, at, text);
  return at + text.length;
}

/** Not one that HTTP cannot carry, which could end this answer and begin another: that is found while it is written. */
function putField(
  out: Uint8Array,
  at: number,
  name: string,
  value: string,
): number {
  let end = at;
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (!isTokenCode(code)) return at;
    out[end++] = code;
  }
  if (end === at) return at;
  out[end++] = COLON;
  out[end++] = SPACE;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (!isValueCode(code)) return at;
    out[end++] = code;
  }
  out[end++] = CR;
  out[end++] = LF;
  return end;
}

function putLength(out: Uint8Array, at: number, length: number): number {
  at = put(out, at, "content-length: ");
  at = put(out, at, String(length));
  return put(out, at, "\r\n");
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const COLON = 58;

let second = 0;
let line = "";

/** The time as HTTP writes it, made once a second. */
function dateLine(): string {
  const now = Math.floor(Date.now() / 1000);
  if (now !== second) {
    second = now;
    line = `date: ${new Date(now * 1000).toUTCString()}\r\n`;
  }
  return line;
}

/** The words that go along with a status (RFC 9110 §15); nobody reads them. */
const REASONS: Readonly<Record<number, string>> = {
  200: "OK",
  201: "Created",
  202: "Accepted",
  204: "No Content",
  206: "Partial Content",
  301: "Moved Permanently",
  302: "Found",
  303: "See Other",
  304: "Not Modified",
  307: "Temporary Redirect",
  308: "Permanent Redirect",
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  409: "Conflict",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  418: "I'm a teapot",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};

const STATUS_LINES: Readonly<Record<number, string>> = Object.fromEntries(
  Object.entries(REASONS).map(([status, reason]) => [
    status,
    `HTTP/1.1 ${status} ${reason}\r\n`,
  ]),
);
