/** The main isolate's end of one stream of a function isolate: messages in, calls of a client; its events, messages out. */
import { StreamOutbox } from "../isolate/stream_outbox.ts";
import {
  packFields,
  type StreamMessage,
  unpackFields,
} from "../isolate/upstream_messages.ts";
import type { Cluster } from "./clusters.ts";
import { UpstreamExchange } from "./exchange.ts";
import type { Failure } from "./failure.ts";
import type { Pair } from "../http/fields.ts";
import { TcpLink } from "./tcp.ts";

export interface LineOptions {
  fn: number;
  n: number;
  send(message: StreamMessage): void;
  /** The stream is over: forget it. */
  over(): void;
  /** Hears why there is a local reply or a reset. */
  failed(failure: Failure | Error): void;
}

const NO_BYTES = new Uint8Array(0);

/** Either kind of stream, for whoever keeps them. */
export interface Line {
  /** A message after the opening one. */
  take(message: StreamMessage): void;
  /** Gives the stream up and tells the isolate so, unless it said so itself. */
  cancel(reason: string | undefined): void;
}

export class HttpLine implements Line {
  readonly #options: LineOptions;
  readonly #out: StreamOutbox;
  readonly #exchange: UpstreamExchange;
  #over = false;

  constructor(
    cluster: Cluster | undefined,
    opening: StreamMessage,
    options: LineOptions,
  ) {
    this.#options = options;
    const out = this.#out = new StreamOutbox(
      options.fn,
      options.n,
      options.send,
    );
    let ends: string | undefined;
    this.#exchange = new UpstreamExchange(opening.open?.timeout ?? 0, {
      connection: (of) => ends = of,
      head: (fields, end) => {
        out.next.head = packFields(fields);
        if (ends !== undefined) out.next.ends = ends;
        if (end) this.#end();
      },
      localHead: (fields) => {
        out.next.head = packFields(fields);
        out.next.local = true;
      },
      data: (bytes, end) => {
        void out.next;
        out.data(bytes);
        if (end) this.#end();
      },
      trailers: (fields: Pair[]) => {
        out.next.trailers = packFields(fields);
        this.#end();
      },
      reset: (reason) => {
        out.next.reset = reason;
        this.#gone();
      },
      sent: (bytes) => out.taken(bytes),
    }, options.failed);
    const { head = "", data, end, trailers } = opening;
    const ended = end === true && data === undefined && trailers === undefined;
    this.#exchange.start(cluster, unpackFields(head), ended);
    if (!ended) this.#body(data, end, trailers);
  }

  take({ data, end, trailers, reset, taken }: StreamMessage): void {
    if (reset !== undefined) return this.cancel(undefined);
    if (taken) this.#exchange.consumed(taken);
    this.#body(data, end, trailers);
  }

  cancel(reason: string | undefined): void {
    if (this.#over) return;
    this.#exchange.cancel();
    if (reason !== undefined) this.#out.next.reset = reason;
    this.#gone();
  }

  #body(
    data: Uint8Array | undefined,
    end: true | undefined,
    trailers: string | undefined,
  ): void {
    const last = end === true && trailers === undefined;
    if (data || last) this.#exchange.send(data ?? NO_BYTES, last);
    if (trailers !== undefined) {
      this.#exchange.sendTrailers(unpackFields(trailers));
    }
  }

  #end(): void {
    this.#out.next.end = true;
    this.#gone();
  }

  #gone(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.over();
  }
}

export class TcpLine implements Line {
  readonly #options: LineOptions;
  readonly #out: StreamOutbox;
  readonly #link: TcpLink;
  #over = false;

  constructor(cluster: Cluster, opening: StreamMessage, options: LineOptions) {
    this.#options = options;
    const out = this.#out = new StreamOutbox(
      options.fn,
      options.n,
      options.send,
    );
    this.#link = new TcpLink(cluster, {
      connection: (ends) => out.next.ends = ends,
      data: (bytes, end) => {
        const message = out.next;
        out.data(bytes);
        if (end) message.end = true;
      },
      closed: (reason) => {
        if (reason !== undefined) options.failed(new Error(reason));
        out.next.reset = reason ?? "";
        this.#gone();
      },
      sent: (bytes) => out.taken(bytes),
    });
    this.take(opening);
  }

  take({ data, end, reset, taken }: StreamMessage): void {
    if (reset !== undefined) return this.cancel(undefined);
    if (taken) this.#link.consumed(taken);
    if (data || end) this.#link.send(data ?? NO_BYTES, end === true);
  }

  cancel(reason: string | undefined): void {
    if (this.#over) return;
    this.#link.cancel();
    if (reason !== undefined) this.#out.next.reset = reason;
    this.#gone();
  }

  #gone(): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.over();
  }
}
