/** Which fields an HTTP message may carry, and those that belong to one connection (RFC 9110 §5, §7.6.1). */
import { Failure } from "./failure.ts";
import type { Pair } from "./stream.ts";

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const BAD_VALUE = /[\0\r\n]|[^\0-\xff]/;
const BAD_TARGET = /[\0-\x20\x7f]|[^\0-\xff]/;

/** Fields that say something of one connection, and are never passed on. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Whether a field is of one connection only; `name` in lower case. A proxy drops these in both directions. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name);
}

/** Whether HTTP can carry the field. */
export function isField(name: string, value: string): boolean {
  return NAME.test(name) && !BAD_VALUE.test(value);
}

/** A request's pseudo fields, and the others in their order: those of one connection left out, `host` in `authority`. */
export interface RequestHead {
  method: string;
  path: string;
  authority: string;
  scheme: string;
  fields: Pair[];
}

/** @throws {Failure} `request`: a field that HTTP cannot carry, or no method or path. */
export function requestHead(pairs: readonly Pair[]): RequestHead {
  const head: RequestHead = {
    method: "",
    path: "",
    authority: "",
    scheme: "http",
    fields: [],
  };
  let host: string | undefined;
  for (const [written, value] of pairs) {
    const name = written.toLowerCase();
    switch (name) {
      case ":method":
        head.method = value;
        break;
      case ":path":
        head.path = value;
        break;
      case ":authority":
        head.authority = value;
        break;
      case ":scheme":
        head.scheme = value;
        break;
      case "host":
        host = value;
        break;
      case "te":
        // Only this says something that outlives the connection.
        if (/(^|[ ,])trailers([ ,;]|$)/i.test(value)) {
          head.fields.push(["te", "trailers"]);
        }
        break;
      default:
        if (HOP_BY_HOP.has(name)) break;
        if (!isField(name, value)) throw refused(`field ${show(written)}`);
        head.fields.push([name, value]);
    }
  }
  head.authority ||= host ?? "";
  // It asks for a connection to somewhere, and has no path.
  if (!NAME.test(head.method) || head.method === "CONNECT") {
    throw refused(`:method ${show(head.method)}`);
  }
  if (head.path === "" || BAD_TARGET.test(head.path)) {
    throw refused(`:path ${show(head.path)}`);
  }
  if (BAD_TARGET.test(head.authority)) {
    throw refused(`:authority ${show(head.authority)}`);
  }
  return head;
}

/** The trailers that HTTP can carry. @throws {Failure} `request`. */
export function checkedTrailers(pairs: readonly Pair[]): Pair[] {
  return pairs.map(([written, value]) => {
    const name = written.toLowerCase();
    if (!isField(name, value)) throw refused(`trailer ${show(written)}`);
    return [name, value];
  });
}

function refused(what: string): Failure {
  return new Failure(
    "request",
    `the request cannot be sent: ${what} is nothing that HTTP carries`,
  );
}

function show(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
