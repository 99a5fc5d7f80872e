/** The head of a response, and how its body is framed (RFC 9112 §4, §6.3). No I/O. */
import { decodeByteString } from "../../../abi/text.ts";
import type { Span } from "../../../abi/copy.ts";
import {
  type BodyReader,
  ChunkedBody,
  framingOf,
  SizedBody,
  UntilClose,
} from "../../http/body.ts";
import type { Pair } from "../../http/fields.ts";
import { firstLine, parseFields } from "../../http/head.ts";
import { Malformed } from "../../http/malformed.ts";

export interface ResponseHead {
  status: number;
  /** 1.0 responses end with their connection. */
  minor: 0 | 1;
  fields: Pair[];
}

/** @throws {Malformed} */
export function parseHead(head: Span): ResponseHead {
  const { end, next } = firstLine(head);
  const first = decodeByteString(head.bytes, head.at, end - head.at);
  const match = /^HTTP\/1\.([01]) ([1-9][0-9]{2})(?: |$)/.exec(first);
  if (!match) {
    const shown = JSON.stringify(first.slice(0, 80));
    throw new Malformed(
      `the first line ${shown}, expected HTTP/1.1 and a status`,
    );
  }
  return {
    status: Number(match[2]),
    minor: match[1] === "0" ? 0 : 1,
    fields: parseFields(head, next, [[":status", match[2]!]]),
  };
}

/** How the body of a response to `method` is framed; undefined where it has none. @throws {Malformed} */
export function bodyReader(
  method: string,
  { status, fields }: ResponseHead,
): BodyReader | undefined {
  const framing = framingOf(fields);
  if (method === "HEAD" || status === 204 || status === 304) return undefined;
  if (framing === "chunked") return new ChunkedBody();
  if (framing === undefined) return new UntilClose();
  return framing === 0 ? undefined : new SizedBody(framing);
}
