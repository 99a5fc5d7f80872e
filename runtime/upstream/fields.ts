/** A request's fields as a plugin leaves them: which of them go to the service (RFC 9110 §5, §7.6.1). */
import { isToken } from "../../abi/field.ts";
import { isField, isHopByHop, type Pair } from "../http/fields.ts";
import { Failure } from "./failure.ts";

const BAD_TARGET = /[\0-\x20\x7f]|[^\0-\xff]/;

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
        if (isHopByHop(name)) break;
        if (!isField(name, value)) throw refused(`field ${show(written)}`);
        head.fields.push([name, value]);
    }
  }
  head.authority ||= host ?? "";
  // It asks for a connection to somewhere, and has no path.
  if (!isToken(head.method) || head.method === "CONNECT") {
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
