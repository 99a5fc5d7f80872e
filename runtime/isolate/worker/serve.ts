/** HTTP straight into this isolate (DESIGN, decision 1): a request for a function that lives here goes no further. */
import type { Facts } from "../../../abi/host.ts";
import { toResponse, understood } from "../../ingress/answers.ts";
import { handOver } from "../../ingress/handover.ts";
import type { Handler } from "../../ingress/listener.ts";
import { readBody } from "../../ingress/request.ts";
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
export function ingressHandler(
  reachable: Reachable,
): Handler {
  return (request, facts) => {
    const id = request.headers.get("id");
    const fn = id ? reachable.byId(id) : reachable.alone;
    if (!fn) return handOver(request, route, facts);
    if (!fn.spec.layotto) return serveHttp(fn.chain, request, facts);
    if (request.body !== null) return withBody(fn, request, facts);
    const answer = fn.answer(new HttpArrival(request, facts));
    return answer instanceof Promise
      ? answer.then((later) => answered(later, request))
      : answered(answer, request);
  };
}

async function withBody(
  fn: LocalFunction,
  request: Request,
  facts: Facts,
): Promise<Response> {
  const body = await readBody(request, fn.spec.bodyLimit);
  if (!body) return answered(fn.tooLarge(), request);
  const answer = await fn.answer(new HttpArrival(request, facts, body));
  return answered(answer, request);
}

function answered(answer: WireResponse, { headers }: Request): Response {
  return toResponse(understood(answer, headers));
}
