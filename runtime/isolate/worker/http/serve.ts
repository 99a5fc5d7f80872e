/** A request of this isolate's own listener, through a chain of functions that live here. */
import type { Facts } from "../../../../abi/host.ts";
import { announcesBody, bodyOf } from "../../../ingress/announced.ts";
import { toResponse, understood } from "../../../ingress/answers.ts";
import { declaredLength } from "../../../ingress/request.ts";
import type { WireRequest, WireResponse } from "../../messages.ts";
import { type Arrival, arrivalOf, HttpArrival } from "../arrival.ts";
import type { LocalFunction } from "../function.ts";
import { answererOf } from "./answerer.ts";
import { BodyPump } from "./body.ts";
import { HttpClient } from "./client.ts";
import { type ExchangeOptions, HttpExchange, type Link } from "./exchange.ts";
import { linksLater, linksNow } from "./links.ts";

const NONE = new Uint8Array(0);

/** Where a chain's requests go. */
export interface Chain {
  /** In order; the first answers for what goes wrong before any is reached. There may be none. */
  functions: readonly LocalFunction[];
  /** What makes the response; absent: the last function does. */
  terminal?: ExchangeOptions["terminal"];
}

/** What comes in: the request without its body, and that as it comes. */
interface Incoming {
  arrival: Arrival;
  body: ReadableStream<Uint8Array> | null;
  /** What the body's length was said to be. */
  declared: number | undefined;
  /** Whether there was a body that the server kept. */
  lost(): boolean;
  /** Says that the client has gone. Asked for only where something is waited for: it costs 2 µs. */
  signal?: () => AbortSignal;
}

/** Answers `request` through `chain`. */
export function serveHttp(
  chain: Chain,
  request: Request,
  facts: Facts,
): Response | Promise<Response> {
  const body = bodyOf(request);
  const serveWith = (body: Incoming["body"]) => {
    const { headers } = request;
    const length = body === null ? null : headers.get("content-length");
    return serve(chain, {
      arrival: new HttpArrival(request, facts),
      body,
      declared: length === null ? undefined : Number(length),
      lost: () => body === null && announcesBody(headers),
      signal: () => request.signal,
    });
  };
  return body instanceof Promise ? body.then(serveWith) : serveWith(body);
}

/** Answers a request that came to another isolate's listener; what is said of its body is in its fields. */
export function serveRouted(
  chain: Chain,
  request: WireRequest,
): Response | Promise<Response> {
  const { stream, body, bodyIsReal } = request;
  return serve(chain, {
    arrival: arrivalOf({ ...request, body: NONE, bodyIsReal: false }),
    body: stream ?? (bodyIsReal ? streamOfOne(body) : null),
    declared: declaredLength(request.headers),
    lost: () =>
      stream === undefined && !bodyIsReal &&
      announcesBody(new Headers(request.headers)),
  });
}

function serve(
  chain: Chain,
  incoming: Incoming,
): Response | Promise<Response> {
  const first = answererOf(chain);
  const started = performance.now();
  const { declared } = incoming;
  // What a function answers by itself is bounded as a whole; a stream through it only by what is held of it.
  const limit = chain.terminal === undefined ? first.spec.bodyLimit : Infinity;
  if (declared !== undefined && declared > limit) {
    return answered(first.tooLarge(), incoming);
  }
  const links = linksNow(chain.functions);
  if (links !== undefined) {
    return exchange(chain, links, incoming, started, limit);
  }
  return linksLater(chain.functions, first.spec.requestTimeout).then((found) =>
    Array.isArray(found)
      ? exchange(chain, found, incoming, started, limit)
      : answered(found.nobody(started), incoming)
  );
}

function answered(answer: WireResponse, { arrival }: Incoming): Response {
  return toResponse(understood(answer, arrival.headers));
}

function exchange(
  chain: Chain,
  links: Link[],
  { arrival, body, declared, lost, signal }: Incoming,
  started: number,
  limit: number,
): Response | Promise<Response> {
  const fn = answererOf(chain);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const pump = body === null ? undefined : new BodyPump(body, declared);
  const client = new HttpClient(fn.ours, {
    finished: (status) => {
      fn.count(status, started);
      through.finished();
    },
    gone: () => through.abort(),
    pressure: (on) => through.pressure("response", "client", on),
  }, chain.terminal !== undefined);
  const through = new HttpExchange(links, arrival, client, {
    terminal: chain.terminal,
    bodyLost: lost,
    hold: (on) => pump?.hold(on),
    over: () => {
      // The first touch of Deno's timers costs an isolate 5 ms and 1.6 MB: not for an exchange that was answered at once.
      if (timer !== undefined) clearTimeout(timer);
      pump?.stop();
    },
  });
  through.start(pump === undefined);
  pump?.run(through, limit);
  const response = client.response();
  if (response instanceof Promise) {
    const { requestTimeout } = fn.spec;
    timer = setTimeout(() => through.late(requestTimeout), requestTimeout);
    signal?.().addEventListener("abort", () => through.abort());
  }
  return response;
}

/** A body that came along with its request. */
function streamOfOne(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}
