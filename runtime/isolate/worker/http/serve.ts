/** A request of this isolate's own listener, through a chain of functions that live here. */
import type { Facts } from "../../../../abi/host.ts";
import { toResponse } from "../../../ingress/answers.ts";
import { type Arrival, HttpArrival } from "../arrival.ts";
import type { LocalFunction } from "../function.ts";
import { answererOf } from "./answerer.ts";
import { BodyPump } from "./body.ts";
import { HttpClient } from "./client.ts";
import { type ExchangeOptions, HttpExchange, type Link } from "./exchange.ts";
import { linksLater, linksNow } from "./links.ts";

/** Where a chain's requests go. */
export interface Chain {
  /** In order; the first answers for what goes wrong before any is reached. There may be none. */
  functions: readonly LocalFunction[];
  /** What makes the response; absent: the last function does. */
  terminal?: ExchangeOptions["terminal"];
}

/** Answers `request` through `chain`. */
export function serveHttp(
  chain: Chain,
  request: Request,
  facts: Facts,
): Response | Promise<Response> {
  const first = answererOf(chain);
  const started = performance.now();
  const declared = declaredLength(request);
  // What a function answers by itself is bounded as a whole; a stream through it only by what is held of it.
  const limit = chain.terminal === undefined ? first.spec.bodyLimit : Infinity;
  if (declared !== undefined && declared > limit) {
    return toResponse(first.tooLarge());
  }
  const links = linksNow(chain.functions);
  if (links !== undefined) {
    return exchange(chain, links, request, facts, started, declared, limit);
  }
  return linksLater(chain.functions, first.spec.requestTimeout).then((found) =>
    Array.isArray(found)
      ? exchange(chain, found, request, facts, started, declared, limit)
      : toResponse(found.nobody(started))
  );
}

function exchange(
  chain: Chain,
  links: Link[],
  request: Request,
  facts: Facts,
  started: number,
  declared: number | undefined,
  limit: number,
): Response | Promise<Response> {
  const fn = answererOf(chain);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pump = request.body === null
    ? undefined
    : new BodyPump(request.body, declared);
  const client = new HttpClient(fn.ours, {
    finished: (status) => {
      fn.count(status, started);
      through.finished();
    },
    gone: () => through.abort(),
    pressure: (on) => through.pressure("response", "client", on),
  }, chain.terminal !== undefined);
  const arrival: Arrival = new HttpArrival(request, facts);
  const through = new HttpExchange(links, arrival, client, {
    terminal: chain.terminal,
    hold: (on) => pump?.hold(on),
    over: () => {
      stop(timer);
      pump?.stop();
    },
  });
  through.start(pump === undefined);
  pump?.run(through, limit);
  const response = client.response();
  if (response instanceof Promise) {
    const { requestTimeout } = fn.spec;
    timer = setTimeout(() => through.late(requestTimeout), requestTimeout);
    request.signal.addEventListener("abort", () => through.abort());
  }
  return response;
}

/** The first touch of Deno's timers costs an isolate 5 ms and 1.6 MB: not for an exchange that was answered at once. */
function stop(timer: ReturnType<typeof setTimeout> | undefined): void {
  if (timer !== undefined) clearTimeout(timer);
}

function declaredLength(request: Request): number | undefined {
  if (request.body === null) return undefined;
  const text = request.headers.get("content-length");
  return text === null ? undefined : Number(text);
}
