/** The head of a request (RFC 9113 §8.3): `node:http2` has seen to it that it is well-formed. No I/O. */
import { isHopByHop, type Pair, pairsOf } from "../../http/fields.ts";
import { MAX_HEAD } from "../../http/limits.ts";
import { Malformed } from "../../http/malformed.ts";
import { checkTarget } from "../asked.ts";

export interface RequestHead {
  method: string;
  path: string;
  authority: string;
  scheme: string;
  fields: Pair[];
  /** Bytes of the body, where that is said. */
  declared: number | undefined;
  /** The client waits for our consent before it sends the body. */
  expects: boolean;
}

/** `raw`: names and values by turns. @throws {Malformed} with the status that says so. */
export function parseRequestHead(raw: readonly string[]): RequestHead {
  const head: RequestHead = {
    method: "",
    path: "",
    authority: "",
    scheme: "http",
    fields: [],
    declared: undefined,
    expects: false,
  };
  let size = 0;
  let host: string | undefined;
  let cookie: Pair | undefined;
  for (const [name, value] of pairsOf(raw)) {
    size += name.length + value.length;
    switch (name) {
      case ":method":
        head.method = value;
        continue;
      case ":path":
        head.path = value;
        continue;
      case ":authority":
        head.authority = value;
        continue;
      case ":scheme":
        head.scheme = value;
        continue;
      case "cookie":
        // Split for the sake of compression only (RFC 9113 §8.2.3).
        if (cookie === undefined) break;
        cookie[1] += "; " + value;
        continue;
      case "host":
        host = value;
        break;
      case "content-length":
        head.declared = Number(value);
        break;
      case "expect":
        if (value.toLowerCase() !== "100-continue") break;
        head.expects = true;
        continue;
    }
    if (name[0] === ":" || isHopByHop(name)) continue;
    const pair: Pair = [name, value];
    if (name === "cookie") cookie = pair;
    head.fields.push(pair);
  }
  takeHost(head, host);
  checkTarget(head.method, head.path);
  // `node:http2` does not count before the client has acknowledged our settings.
  if (size > MAX_HEAD) throw new Malformed("a head that is too long", 431);
  return head;
}

/** A `host` beside an authority says nothing, so that nobody is misled by it; alone it is the authority. */
function takeHost(head: RequestHead, host: string | undefined): void {
  if (host === undefined) return;
  if (head.authority === "") head.authority = host;
  else head.fields = head.fields.filter(([name]) => name !== "host");
}
