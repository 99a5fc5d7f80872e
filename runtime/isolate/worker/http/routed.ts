/** A request of another isolate's listener: how its answer goes back there. */
import { declaredLength } from "../../../ingress/request.ts";
import { PresentBody, StreamBody } from "../../../ingress/streams.ts";
import type { IncomingBody, OnLeft } from "../../../ingress/incoming.ts";
import type { WireRequest, WireResponse } from "../../messages.ts";
import { arrivalOf } from "../arrival.ts";
import { type Chain, serveArrival } from "./serve.ts";
import { WireReply } from "./wire_reply.ts";

const NONE = new Uint8Array(0);

/** Answers as the isolate's own listener would, the body as it comes unless it is there as a whole. */
export function answerRouted(
  chain: Chain,
  request: WireRequest,
  onLeft: OnLeft,
): Promise<WireResponse> {
  const reply = new WireReply();
  onLeft(() => reply.left());
  const arrival = arrivalOf({ ...request, body: NONE, bodyIsReal: false });
  serveArrival(chain, arrival, bodyOf(request), reply);
  return reply.answer;
}

/** What is said of a body that comes as a stream is in the request's fields. */
function bodyOf(
  { stream, body, bodyIsReal, headers }: WireRequest,
): IncomingBody | undefined {
  if (stream !== undefined) {
    return new StreamBody(stream, declaredLength(headers));
  }
  return bodyIsReal ? new PresentBody(body) : undefined;
}
