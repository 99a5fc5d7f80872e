/** The head of a request (RFC 9112 §3): what is asked for, and how its body is framed. No I/O. */
import { framingOf } from "../../http/body.ts";
import { isHopByHop, isToken, type Pair } from "../../http/fields.ts";
import { parseFields } from "../../http/head.ts";
import { Malformed } from "../../http/malformed.ts";

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
  /** The client says that it takes trailers. */
  trailers: boolean;
}

/** What the head says first when a client speaks HTTP/2 at once (RFC 9113 §3.4). */
const PREFACE = "PRI * HTTP/2.0";

/** Longest method: bytes. */
const MAX_METHOD = 64;

const VERSION = /^HTTP\/([0-9])\.([0-9])$/;
/** What no target has: white space, control characters. Bytes beyond ASCII go through, as in Envoy. */
const BAD_TARGET = /[\0-\x20\x7f]/;
/** What could be taken for more than a host in a URL. */
const BAD_HOST = /[\0-\x20\x7f/?#\\@]/;

/** Whether these lines begin an HTTP/2 connection. */
export function isPreface(lines: readonly string[]): boolean {
  return lines.length === 1 && lines[0] === PREFACE;
}

/** @throws {Malformed} with the status that says so. */
export function parseRequestHead(lines: readonly string[]): RequestHead {
  const first = lines[0]!;
  const space = first.indexOf(" ");
  const last = first.lastIndexOf(" ");
  const method = first.slice(0, space);
  const target = first.slice(space + 1, last);
  const version = VERSION.exec(first.slice(last + 1));
  if (space < 0 || method.length > MAX_METHOD || !isToken(method)) {
    throw bad("request line", first);
  }
  if (version === null) throw bad("request line", first);
  if (version[1] !== "1") {
    throw new Malformed(`the version ${version[0]}, expected HTTP/1.1`, 505);
  }
  if (target === "" || BAD_TARGET.test(target)) throw bad("target", target);
  const minor = version[2] === "0" ? 0 : 1;
  const head: RequestHead = {
    method,
    path: target,
    authority: "",
    minor,
    fields: [],
    framing: 0,
    keepAlive: minor === 1,
    expects: false,
    trailers: false,
  };
  takeFields(head, parseFields(lines, 1));
  takeTarget(head, target);
  return head;
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
        break;
      case "content-length":
      case "transfer-encoding":
        framed = true;
        break;
      case "connection":
        nominated = (nominated ?? []).concat(tokensOf(value));
        break;
      case "expect":
        head.expects ||= isConsent(name, value);
        dropped = true;
        break;
      case "te":
        head.trailers ||= tokensOf(value).includes("trailers");
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

/** Origin form as it is; of the absolute form the path, and its authority before the host (RFC 9112 §3.2). */
function takeTarget(head: RequestHead, target: string): void {
  if (target[0] !== "/") takeOther(head, target);
  if (BAD_HOST.test(head.authority)) throw bad("host", head.authority);
}

function takeOther(head: RequestHead, target: string): void {
  if (head.method === "CONNECT") {
    head.authority = target;
    head.path = "";
    return;
  }
  if (target === "*") return;
  const [, authority, rest] = /^https?:\/\/([^/?#]+)(.*)$/i.exec(target) ?? [];
  if (authority === undefined) throw bad("target", target);
  head.authority = authority;
  head.path = rest![0] === "/" ? rest! : `/${rest}`;
}

/** Whether a field asks for our consent: it is answered here, and not passed on. */
function isConsent(name: string, value: string): boolean {
  return name === "expect" && value.toLowerCase() === "100-continue";
}

/** The words of a list in a field, in lower case. */
function tokensOf(value: string): string[] {
  return value.toLowerCase().split(",").map((token) => token.trim());
}

function bad(what: string, text: string): Malformed {
  const shown = JSON.stringify(text.slice(0, 80));
  return new Malformed(`the ${what} ${shown}`);
}
