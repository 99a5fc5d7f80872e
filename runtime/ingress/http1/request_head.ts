/** The head of a request (RFC 9112 §3): what is asked for, and how its body is framed. No I/O. */
import type { Span } from "../../../abi/copy.ts";
import { internedByteString } from "../../../abi/interned.ts";
import { decodeByteString } from "../../../abi/text.ts";
import { isToken } from "../../../abi/field.ts";
import { framingOf } from "../../http/body.ts";
import { isHopByHop, type Pair } from "../../http/fields.ts";
import { firstLine, parseFields } from "../../http/head.ts";
import { Malformed } from "../../http/malformed.ts";
import { bad, checkTarget, has, unwanted } from "../asked.ts";

export interface RequestHead {
  method: string;
  path: string;
  authority: string;
  /** 1.0 clients know no chunks, and close unless they say otherwise. */
  minor: number;
  /** Without those of the connection. */
  fields: Pair[];
  /** Bytes, 0 none. */
  framing: number | "chunked";
  /** Whether the connection may serve another request. */
  keepAlive: boolean;
  /** The client waits for our consent before it sends the body. */
  expects: boolean;
}

/** What a client says first that speaks HTTP/2 at once, as far as it looks like a head (RFC 9113 §3.4). */
export const PREFACE = "PRI * HTTP/2.0\r\n\r\n";

export function isPreface({ bytes, at, size }: Span): boolean {
  return size === PREFACE.length &&
    decodeByteString(bytes, at, size) === PREFACE;
}

const SPACE = 32;

/** Longest method: bytes. */
const MAX_METHOD = 64;

/** Bytes that could be taken for more than a host in a URL. */
const NOT_IN_HOST = unwanted("/?#\\@");
const VERSION = /^HTTP\/[0-9]\.[0-9]$/;

/** @throws {Malformed} with the status that says so. */
export function parseRequestHead(whole: Span): RequestHead {
  const { bytes, at } = whole;
  const { end, next } = firstLine(whole);
  let space = at;
  while (space < end && bytes[space] !== SPACE) space++;
  const method = internedByteString(bytes, at, space - at);
  let last = end - 1;
  while (last > space && bytes[last] !== SPACE) last--;
  const line = () => decodeByteString(bytes, at, end - at);
  if (last <= space || !isMethod(method)) throw bad("request line", line());
  const version = internedByteString(bytes, last + 1, end - last - 1);
  const minor = version === "HTTP/1.1" ? 1 : 0;
  if (minor === 0 && version !== "HTTP/1.0") throw badVersion(version, line());
  const target = decodeByteString(bytes, space + 1, last - space - 1);
  checkTarget(method, target);
  const head: RequestHead = {
    method,
    path: target,
    authority: "",
    minor,
    fields: [],
    framing: 0,
    keepAlive: minor === 1,
    expects: false,
  };
  takeFields(head, parseFields(whole, next));
  if (target[0] !== "/") takeOther(head, target);
  return head;
}

function isMethod(text: string): boolean {
  return text === "GET" || text === "POST" ||
    text.length <= MAX_METHOD && isToken(text);
}

function badVersion(version: string, line: string): Malformed {
  return VERSION.test(version)
    ? new Malformed(`the version ${version}, expected HTTP/1.1`, 505)
    : bad("request line", line);
}

/** What the fields say of the connection and the body. */
function takeFields(head: RequestHead, fields: Pair[]): void {
  let hosts = 0;
  let framed = false;
  let dropped = false;
  let nominated: string[] | undefined;
  for (const [name, value] of fields) {
    switch (name) {
      case "host":
        hosts++;
        head.authority = value;
        checkHost(value);
        break;
      case "content-length":
      case "transfer-encoding":
        framed = true;
        break;
      case "connection":
        nominated = (nominated ?? []).concat(tokensOf(value));
        break;
      case "expect":
        // Clients of HTTP/1.0 know no such answer (RFC 9110 §10.1.1).
        head.expects ||= head.minor === 1 && isConsent(name, value);
        dropped = true;
        break;
    }
    dropped ||= isHopByHop(name);
  }
  if (hosts > 1 || hosts === 0 && head.minor === 1) {
    throw new Malformed(`${hosts} host fields, expected one`);
  }
  if (framed) {
    head.framing = framingOf(fields) ?? 0;
    if (head.framing === "chunked" && head.minor === 0) {
      throw new Malformed("a transfer-encoding in an HTTP/1.0 request");
    }
  }
  if (nominated !== undefined) {
    if (nominated.includes("close")) head.keepAlive = false;
    else if (nominated.includes("keep-alive")) head.keepAlive = true;
  }
  head.fields = dropped
    ? fields.filter(([name, value]) =>
      !isHopByHop(name) && !isConsent(name, value) &&
      !nominated?.includes(name)
    )
    : fields;
}

/** Of the absolute form the path; its authority goes before the host, which nobody sees then (RFC 9112 §3.2.2). */
function takeOther(head: RequestHead, target: string): void {
  if (target === "*" && head.method === "OPTIONS") return;
  const [, authority, rest] = /^https?:\/\/([^/?]+)(.*)$/i.exec(target) ?? [];
  if (authority === undefined) throw bad("target", target);
  checkHost(authority);
  head.authority = authority;
  head.path = rest![0] === "/" ? rest! : `/${rest}`;
  for (const field of head.fields) {
    if (field[0] === "host") field[1] = authority;
  }
}

/** Whether a field asks for our consent: it is answered here, and not passed on. */
function isConsent(name: string, value: string): boolean {
  return name === "expect" && value.toLowerCase() === "100-continue";
}

function checkHost(host: string): void {
  if (has(NOT_IN_HOST, host)) throw bad("host", host);
}

/** The words of a list in a field, in lower case. */
function tokensOf(value: string): string[] {
  return value.toLowerCase().split(",").map((token) => token.trim());
}
