/** A request of this isolate's own listener, or of another's, through a chain of functions that live here. */
import { type Deadline, deadlinesOf } from "../../../../proto/deadlines.ts";
import type { Pair } from "../../../http/fields.ts";
import { sendAnswer, understood } from "../../../ingress/answers.ts";
import type {
  BodySink,
  Incoming,
  IncomingBody,
  Reply,
  ReplyEvents,
} from "../../../ingress/incoming.ts";
import type { WireResponse } from "../../messages.ts";
import { type Arrival, HttpArrival } from "../arrival.ts";
import type { LocalFunction } from "../function.ts";
import { type Answerer, answererOf } from "./answerer.ts";
import { type ClientOwner, HttpClient } from "./client.ts";
import {
  type ExchangeOwner,
  HttpExchange,
  type Link,
  type MakeTerminal,
} from "./exchange.ts";
import { linksLater, linksNow } from "./links.ts";

/** Where a chain's requests go. */
export interface Chain {
  /** In order; the first answers for what goes wrong before any is reached. There may be none. */
  functions: readonly LocalFunction[];
  /** What makes the response; absent: the last function does. */
  terminal?: MakeTerminal;
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
  if (links !== undefined) return new Served(chain, links, incoming).start();
  linksLater(chain.functions, first.spec.requestTimeout).then((found) => {
    if (Array.isArray(found)) new Served(chain, found, incoming).start();
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

const NOTHING = new Uint8Array(0);

/** A request under way: an exchange with its client on one side and what its body comes from on the other. */
class Served implements ClientOwner, ExchangeOwner, ReplyEvents, BodySink {
  readonly #fn: Answerer;
  readonly #asked: Asked;
  readonly #client: HttpClient;
  readonly #exchange: HttpExchange;
  /** Trailers go nowhere. */
  readonly #drops: boolean;
  /** Bytes of the body that came. */
  #size = 0;
  #deadline: Deadline | undefined;

  constructor(chain: Chain, links: Link[], asked: Asked) {
    const { terminal, trailers = true } = chain;
    const { arrival, reply } = asked;
    const fn = answererOf(chain);
    const drops = !trailers && arrival.facts?.protocol !== "HTTP/2";
    this.#fn = fn;
    this.#asked = asked;
    this.#drops = drops;
    this.#client = new HttpClient(reply, fn.ours, this, {
      asItIs: terminal !== undefined,
      drops,
    });
    this.#exchange = new HttpExchange(
      links,
      arrival,
      this.#client,
      this,
      terminal,
    );
  }

  start(): void {
    const { reply, body } = this.#asked;
    const through = this.#exchange;
    reply.listen(this);
    through.start(body === undefined);
    body?.read(this);
    this.#client.release();
    if (!this.#client.started) {
      const { requestTimeout } = this.#fn.spec;
      this.#deadline = deadlinesOf(requestTimeout).add(() =>
        through.late(requestTimeout)
      );
    }
  }

  // Of the client's end.

  finished(status: number): void {
    this.#fn.count(status, this.#asked.started);
    this.#exchange.finished();
  }

  gone(): void {
    this.#exchange.abort();
  }

  pressure(on: boolean): void {
    this.#exchange.pressure("response", "client", on);
  }

  // Of the exchange.

  hold(on: boolean): void {
    this.#asked.body?.hold(on);
  }

  over(): void {
    this.#deadline?.cancel();
    this.#asked.body?.stop();
  }

  // Of the body.

  data(bytes: Uint8Array, end: boolean): void {
    this.#size += bytes.length;
    if (this.#size > this.#asked.limit) this.#exchange.overflow("request", 0);
    else this.#exchange.data(bytes, end);
  }

  trailers(fields: Pair[]): void {
    if (this.#drops) this.#exchange.data(NOTHING, true);
    else this.#exchange.trailers(fields);
  }

  broken(): void {
    this.#exchange.abort();
  }
}
