/** Our own answers where a function has none: proper errors instead of silence, one line of JSON each, or gRPC's own. */
import { HeaderMap, headOf, isGrpc, localReply } from "../../abi/mod.ts";
import type { Pair } from "../http/fields.ts";
import type { WireResponse } from "../isolate/messages.ts";
import type { Reply } from "./incoming.ts";
import { sendStream } from "./streams.ts";

const encoder = new TextEncoder();

/** gRPC's status for a function that failed, as in Envoy: another try may find one that does not. */
const UNAVAILABLE = 14;

/** An answer that says what went wrong; `message` also stands in the log, so it holds no secret. */
export function errorAnswer(status: number, message: string): WireResponse {
  return {
    status,
    headers: [["content-type", "application/json"]],
    body: encoder.encode(JSON.stringify({ error: message }) + "\n"),
    error: message,
  };
}

/** The answer where the function failed. */
export function failureAnswer(message: string): WireResponse {
  return { ...errorAnswer(500, message), grpcStatus: UNAVAILABLE };
}

/** An error of ours as the client understands it that asked with these fields; any other answer as it is. */
export function understood(
  answer: WireResponse,
  asked: Iterable<readonly [string, string]>,
): WireResponse {
  const { status, error, grpcStatus = -1 } = answer;
  if (error === undefined || !isGrpc(new HeaderMap(asked))) return answer;
  const body = encoder.encode(error);
  const local = { status, details: "", headers: [], body, grpcStatus };
  const reply = localReply(local, true);
  return { ...headOf(NO_LOG, reply.headers), body: reply.body, error };
}

/** All of an error's fields can be sent. */
const NO_LOG = { log() {} };

/** Sends an answer that is there as a whole, or comes as a stream. */
export function sendAnswer(reply: Reply, answer: WireResponse): void {
  const { status, headers, body, stream } = answer;
  if (stream !== undefined) sendStream(reply, status, headers, stream);
  else reply.whole(status, headers, body);
}

/** What a function answers by itself, with the kind of its body. */
export function withItsKind(answer: WireResponse): WireResponse {
  const headers = withKind(answer.headers, answer.body);
  return headers === answer.headers ? answer : { ...answer, headers };
}

/** The fields of an answer, in which a body whose kind its function did not say is plain text. */
export function withKind(headers: Pair[], body: Uint8Array): Pair[] {
  if (body.length === 0) return headers;
  for (const [name] of headers) if (name === "content-type") return headers;
  return [...headers, PLAIN_TEXT];
}

const PLAIN_TEXT: Pair = ["content-type", "text/plain; charset=utf-8"];

/** Statuses whose answers have no body (RFC 9110). */
export function withoutBody(status: number): boolean {
  return status === 204 || status === 205 || status === 304;
}
