/** HTTP straight into this isolate (DESIGN, decision 1): a request for a function that lives here goes no further. */
import { toResponse } from "../../ingress/answers.ts";
import { handOver } from "../../ingress/handover.ts";
import { pathOf, readBody } from "../../ingress/request.ts";
import type { WireResponse } from "../messages.ts";
import type { LocalFunction } from "./function.ts";
import { route } from "./port.ts";

/** The functions of this isolate that requests may reach, and whether they are all there are in the pod. */
export interface Reachable {
  /** The pod's only function, where it has just one and it lives here. */
  alone: LocalFunction | undefined;
  byId(id: string): LocalFunction | undefined;
  /** Body limit for requests that go on to other functions: bytes. */
  bodyLimit: number;
}

/** The handler of this isolate's listener. */
export function ingressHandler(
  reachable: Reachable,
): (request: Request) => Response | Promise<Response> {
  return (request) => {
    const id = request.headers.get("id");
    const fn = id ? reachable.byId(id) : reachable.alone;
    if (!fn) return handOver(request, reachable.bodyLimit, route);
    if (request.body !== null) return withBody(fn, request);
    const answer = answerHere(fn, request, NONE);
    return answer instanceof Promise
      ? answer.then(toResponse)
      : toResponse(answer);
  };
}

const NONE = new Uint8Array(0);
const EMPTY_CHAIN: string[] = [];

async function withBody(
  fn: LocalFunction,
  request: Request,
): Promise<Response> {
  const body = await readBody(request, fn.spec.bodyLimit);
  if (!body) return toResponse(fn.tooLarge());
  return toResponse(await answerHere(fn, request, body));
}

function answerHere(
  fn: LocalFunction,
  request: Request,
  body: Uint8Array,
): WireResponse | Promise<WireResponse> {
  return fn.answer({
    method: request.method,
    path: pathOf(request.url),
    scheme: "http",
    get headers() {
      return request.headers;
    },
    get authority() {
      return request.headers.get("host") ?? "";
    },
    body,
    chain: EMPTY_CHAIN,
  });
}
