/** A request of this isolate's own listener, or of another's, through a chain of functions that live here. */
import { sendAnswer, understood } from "../../../ingress/answers.ts";
import type {
  Incoming,
  IncomingBody,
  Reply,
} from "../../../ingress/incoming.ts";
import type { WireResponse } from "../../messages.ts";
import { type Arrival, HttpArrival } from "../arrival.ts";
import type { LocalFunction } from "../function.ts";
import { answererOf } from "./answerer.ts";
import { HttpClient } from "./client.ts";
import { type ExchangeOptions, HttpExchange, type Link } from "./exchange.ts";
import { linksLater, linksNow } from "./links.ts";

/** Where a chain's requests go. */
export interface Chain {
  /** In order; the first answers for what goes wrong before any is reached. There may be none. */
  functions: readonly LocalFunction[];
  /** What makes the response; absent: the last function does. */
  terminal?: ExchangeOptions["terminal"];
  /** Whether trailers of HTTP/1.1 go through, as they do unless it says otherwise. */
  trailers?: boolean;
}

/** Answers a request of this isolate's own listener. */
export function serveHttp(chain: Chain, request: Incoming, reply: Reply): void {
  serveArrival(chain, new HttpArrival(request), request.body, reply);
}

/** Answers `arrival`, whose body is what `body` gives. */
export function serveArrival(
  chain: Chain,
  arrival: Arrival,
  body: IncomingBody | undefined,
  reply: Reply,
): void {
  const first = answererOf(chain);
  const started = performance.now();
  // What a function answers by itself is bounded as a whole; a stream through it only by what is held of it.
  const limit = chain.terminal === undefined ? first.spec.bodyLimit : Infinity;
  if ((body?.declared ?? 0) > limit) {
    body?.stop();
    return answered(first.tooLarge(), arrival, reply);
  }
  const incoming: Asked = { arrival, body, reply, started, limit };
  const links = linksNow(chain.functions);
  if (links !== undefined) return exchange(chain, links, incoming);
  linksLater(chain.functions, first.spec.requestTimeout).then((found) => {
    if (Array.isArray(found)) exchange(chain, found, incoming);
    else answered(found.nobody(started), arrival, reply);
  });
}

interface Asked {
  arrival: Arrival;
  body: IncomingBody | undefined;
  reply: Reply;
  /** When it came: `performance.now()`. */
  started: number;
  /** Bytes of its body. */
  limit: number;
}

function answered(answer: WireResponse, { headers }: Arrival, to: Reply): void {
  sendAnswer(to, understood(answer, headers));
}

function exchange(chain: Chain, links: Link[], asked: Asked): void {
  const { arrival, body, reply, started, limit } = asked;
  const fn = answererOf(chain);
  const { terminal, trailers = true } = chain;
  const drops = !trailers && arrival.facts?.protocol !== "HTTP/2";
  let timer: ReturnType<typeof setTimeout> | undefined;
  const client = new HttpClient(reply, fn.ours, (status) => {
    fn.count(status, started);
    through.finished();
  }, { asItIs: terminal !== undefined, drops });
  const through = new HttpExchange(links, arrival, client, {
    terminal,
    hold: (on) => body?.hold(on),
    over: () => {
      // The first touch of Deno's timers costs an isolate 5 ms and 1.6 MB: not for an exchange that was answered at once.
      if (timer !== undefined) clearTimeout(timer);
      body?.stop();
    },
  });
  reply.listen({
    gone: () => through.abort(),
    pressure: (on) => through.pressure("response", "client", on),
  });
  through.start(body === undefined);
  if (body !== undefined) readInto(through, body, { limit, drops });
  client.release();
  if (!client.started) {
    const { requestTimeout } = fn.spec;
    timer = setTimeout(() => through.late(requestTimeout), requestTimeout);
  }
}

const NOTHING = new Uint8Array(0);

/** `limit`: a longer body is refused. `drops`: its trailers go nowhere. */
function readInto(
  through: HttpExchange,
  body: IncomingBody,
  { limit, drops }: { limit: number; drops: boolean },
): void {
  let size = 0;
  body.read({
    data(bytes, end) {
      size += bytes.length;
      if (size > limit) through.overflow("request", 0);
      else through.data(bytes, end);
    },
    trailers: (fields) =>
      drops ? through.data(NOTHING, true) : through.trailers(fields),
    broken: () => through.abort(),
  });
}
