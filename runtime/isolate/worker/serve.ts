/** HTTP straight into this isolate (DESIGN, decision 1): a request for a function that lives here goes no further. */
import { sendAnswer, understood, withItsKind } from "../../ingress/answers.ts";
import { handOver } from "../../ingress/handover.ts";
import type {
  Handler,
  Incoming,
  IncomingBody,
  Reply,
} from "../../ingress/incoming.ts";
import { fieldOf } from "../../ingress/request.ts";
import { collect } from "../../ingress/streams.ts";
import { HttpArrival } from "./arrival.ts";
import type { WireResponse } from "../messages.ts";
import type { LocalFunction } from "./function.ts";
import { serveHttp } from "./http/serve.ts";
import { route } from "./port.ts";

/** The functions of this isolate that requests may reach, and whether they are all there are in the pod. */
export interface Reachable {
  /** The pod's only function, where it has just one and it lives here. */
  alone: LocalFunction | undefined;
  byId(id: string): LocalFunction | undefined;
}

/** The handler of this isolate's listener. */
export function ingressHandler(reachable: Reachable): Handler {
  return (request, reply) => {
    const id = fieldOf(request.headers, "id");
    const fn = id ? reachable.byId(id) : reachable.alone;
    if (!fn) handOver(request, reply, route);
    else if (!fn.spec.layotto) serveHttp(fn.chain, request, reply);
    else if (request.body !== undefined) {
      withBody(fn, request, request.body, reply);
    } else answerWith(fn, request, new HttpArrival(request), reply);
  };
}

async function withBody(
  fn: LocalFunction,
  request: Incoming,
  body: IncomingBody,
  reply: Reply,
): Promise<void> {
  try {
    const bytes = await collect(body, fn.spec.bodyLimit);
    if (bytes === undefined) return answered(fn.tooLarge(), request, reply);
    answerWith(fn, request, new HttpArrival(request, bytes), reply);
  } catch (error) {
    reply.reset((error as Error).message);
  }
}

function answerWith(
  fn: LocalFunction,
  request: Incoming,
  arrival: HttpArrival,
  reply: Reply,
): void {
  const answer = fn.answer(arrival);
  if (answer instanceof Promise) {
    answer.then((later) => answered(later, request, reply));
  } else answered(answer, request, reply);
}

function answered(
  answer: WireResponse,
  { headers }: Incoming,
  reply: Reply,
): void {
  sendAnswer(reply, understood(withItsKind(answer), headers));
}
