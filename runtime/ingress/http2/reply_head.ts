/** The head and the trailers of an answer (RFC 9113 §8.3.2), as `node:http2` wants them. No I/O. */
import type { OutgoingHttpHeaders } from "node:http2";
import { isHopByHop, lengthOf, type Pair } from "../../http/fields.ts";
import { withoutBody } from "../answers.ts";

export interface ReplyHead {
  /** Names and values by turns, which keeps order and duplicates. */
  list: string[];
  /** There is no body, whatever the fields say. */
  bodiless: boolean;
  /** Bytes that the body is said to have. */
  announced: number | undefined;
}

/** `length`: bytes of the body; undefined: it is still to come. */
export function replyHead(
  status: number,
  fields: readonly Pair[],
  length: number | undefined,
  method: string,
): ReplyHead {
  const list = [":status", String(status)];
  let given: string | undefined;
  for (const [name, value] of fields) {
    if (name === "content-length") given ??= value;
    else if (isSent(name)) list.push(name, trimmed(value));
  }
  const bodiless = method === "HEAD" || withoutBody(status);
  // Without a body, the fields are those of the answer with one.
  const announced = bodiless
    ? lengthOf(given) ?? (length || undefined)
    : length ?? lengthOf(given);
  if (announced !== undefined && status !== 204) {
    list.push("content-length", String(announced));
  }
  return { list, bodiless, announced };
}

/** Trailers: the values of one name together. */
export function trailersOf(fields: readonly Pair[]): OutgoingHttpHeaders {
  const values = new Map<string, string[]>();
  for (const [name, value] of fields) {
    if (!isSent(name) || name === "content-length") continue;
    const of = values.get(name);
    if (of) of.push(trimmed(value));
    else values.set(name, [trimmed(value)]);
  }
  return Object.fromEntries(values);
}

/** Whether HTTP/2 lets an answer have that field; `node:http2` refuses all of an answer for one of the others. */
function isSent(name: string): boolean {
  return !isHopByHop(name) && name[0] !== ":" && name !== "te" &&
    name !== "http2-settings";
}

/** White space around a value makes the message malformed (RFC 9113 §8.2.1). */
function trimmed(value: string): string {
  return value.replace(/^[ \t]+|[ \t]+$/g, "");
}
