/** This isolate's line to the host's main isolate: messages out, and calls that wait for an answer. */
import type { OnLeft } from "../../ingress/incoming.ts";
import type {
  CallOp,
  FromIsolate,
  ToIsolate,
  WireRequest,
  WireResponse,
} from "../messages.ts";

import { streamOf } from "../stream_of.ts";
import { StreamPost } from "../stream_post.ts";
import { Peers } from "./peers.ts";
import { UpstreamStreams } from "./upstream.ts";

const scope = self as unknown as {
  postMessage(message: unknown, transfer?: Transferable[]): void;
};
const waiting = new Map<
  number,
  { resolve: (value: unknown) => void; reject: (error: CallFailed) => void }
>();
let sequence = 0;

/** A call the main isolate refused. `errno` is set for file calls: the WASI number. */
export class CallFailed extends Error {
  override name = "CallFailed";
  constructor(message: string, readonly errno: number | undefined) {
    super(message);
  }
}

export function send(message: FromIsolate, transfer?: Transferable[]): void {
  scope.postMessage(message, transfer);
}

/** This isolate's streams to the outside. */
const streams = new StreamPost((message, transfer) =>
  scope.postMessage(message, transfer)
);
export const upstreams = new UpstreamStreams((message) =>
  streams.send(message)
);

/** The functions of other isolates that are invoked from here directly. */
export const peers = new Peers();

/** Asks the broker. @throws {CallFailed} */
export function call(
  fn: number,
  op: CallOp,
  args: unknown[],
): Promise<unknown> {
  const n = ++sequence;
  return new Promise((resolve, reject) => {
    waiting.set(n, { resolve, reject });
    scope.postMessage({ t: "call", n, fn, op, args });
  });
}

/** Hands a request to the main isolate, which knows all functions, and what to answer when there is none of that id. */
export function route(
  request: WireRequest,
  id: string | undefined,
  onLeft: OnLeft,
): Promise<WireResponse> {
  const n = ++sequence;
  onLeft(() => send({ t: "left", n }));
  return new Promise((resolve, reject) => {
    waiting.set(n, { resolve: resolve as (value: unknown) => void, reject });
    send({ t: "route", n, request, id }, streamOf(request));
  });
}

/** Takes an answer off the line. */
export function answered(message: Extract<ToIsolate, { t: "answer" }>): void {
  const entry = waiting.get(message.n);
  if (!entry) return;
  waiting.delete(message.n);
  if (message.failed) {
    entry.reject(new CallFailed(message.failed.message, message.failed.errno));
  } else entry.resolve(message.value);
}
