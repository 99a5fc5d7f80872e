/**
 * Why an exchange failed, and what Envoy 1.40 answers in place of a response that never began (its texts were read off a
 * running one).
 */
import type { Pair } from "../http/fields.ts";

export type FailureKind =
  /** No address: the name does not resolve. */
  | "no endpoint"
  | "connect"
  | "connect timeout"
  /** The other end closed or reset. */
  | "terminated"
  /** The other end gave up this stream only (HTTP/2). */
  | "reset"
  /** What it sent is no HTTP. */
  | "protocol"
  /** Too many connections and requests already. */
  | "overflow"
  /** Our request cannot be sent: fields that HTTP does not carry. */
  | "request"
  /** No response in time. */
  | "timeout";

const REASONS: Record<Exclude<FailureKind, "no endpoint" | "timeout">, string> =
  {
    "connect": "remote connection failure",
    "connect timeout": "connection timeout",
    "terminated": "connection termination",
    "reset": "remote reset",
    "protocol": "protocol error",
    "overflow": "overflow",
    "request": "local reset",
  };

export class Failure extends Error {
  override name = "Failure";
  /** @param message what happened, for the log: it may hold addresses and the other end's words. */
  constructor(readonly kind: FailureKind, message: string) {
    super(message);
  }
}

/** The status and text of the answer we give in the other end's place. */
export function localReply(
  { kind }: Failure,
): { status: number; body: string } {
  switch (kind) {
    case "no endpoint":
      return { status: 503, body: "no healthy upstream" };
    case "timeout":
      return { status: 504, body: "upstream request timeout" };
    default:
      return {
        status: kind === "protocol" ? 502 : 503,
        body:
          `upstream connect error or disconnect/reset before headers. reset reason: ${
            REASONS[kind]
          }`,
      };
  }
}

/** The fields of a local reply, in Envoy's order. */
export function localReplyFields(status: number, body: string): Pair[] {
  return [
    [":status", String(status)],
    ["content-length", String(body.length)],
    ["content-type", "text/plain"],
  ];
}
