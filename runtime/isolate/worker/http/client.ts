/** The client's end of an exchange: from what the chain answers to a reply. */
import {
  type GuestHost,
  type HeaderMap,
  headOf,
  sendable,
  type StreamSink,
} from "../../../../abi/mod.ts";
import { isHopByHop, type Pair } from "../../../http/fields.ts";
import { withKind } from "../../../ingress/answers.ts";
import type { Reply } from "../../../ingress/incoming.ts";
import type { WireResponse } from "../../messages.ts";
import { joined } from "../../../../proto/joined.ts";

/** What Envoy answers where a plugin took the status away. */
const NO_STATUS: WireResponse = {
  status: 502,
  headers: [["content-type", "text/plain"]],
  body: new TextEncoder().encode("missing required header: :status"),
};

export interface ClientOptions {
  /** The response is a service's, whose fields are not ours to add to. */
  asItIs: boolean;
  /** Its trailers go nowhere. */
  drops?: boolean;
}

/** A response whose parts come in one turn is handed over whole, otherwise as it comes. */
export class HttpClient implements StreamSink {
  readonly #reply: Reply;
  readonly #log: Pick<GuestHost, "log">;
  readonly #finished: (status: number) => void;
  readonly #options: ClientOptions;
  #head: { status: number; headers: Pair[] } | undefined;
  /** What the answer counts as, where its status does not say it. */
  #counts: number | undefined;
  #parts: Uint8Array[] = [];
  /** The turn in which the request came is over. */
  #released = false;
  #begun = false;
  #ended = false;

  /** `finished`: all of the response was handed over. */
  constructor(
    reply: Reply,
    log: Pick<GuestHost, "log">,
    finished: (status: number) => void,
    options: ClientOptions,
  ) {
    this.#reply = reply;
    this.#log = log;
    this.#finished = finished;
    this.#options = options;
  }

  /** Whether the status line has been handed over: until then another response may take this one's place. */
  get started(): boolean {
    return this.#ended || this.#begun;
  }

  headers(map: HeaderMap, end: boolean): void {
    if (this.started) return;
    if (!/^[0-9]+$/.test(map.get(":status") ?? "")) {
      return this.answer(NO_STATUS);
    }
    const { status, headers } = headOf(this.#log, map);
    // What a service says of its own connection is not said of the client's.
    const passed = this.#options.asItIs && headers.some(([n]) => isHopByHop(n))
      ? headers.filter(([name]) => !isHopByHop(name))
      : headers;
    this.#head = { status, headers: passed };
    this.#parts = [];
    if (end) this.#end();
    // The body may follow in this turn.
    else if (this.#released) queueMicrotask(() => this.#begin());
  }

  data(bytes: Uint8Array, end: boolean): void {
    if (this.#ended) return;
    if (bytes.length > 0) {
      if (this.#begun) this.#reply.data(bytes);
      else this.#parts.push(bytes);
    }
    if (end) this.#end();
  }

  trailers(map: HeaderMap): void {
    if (this.#ended) return;
    if (this.#options.drops) return this.#end();
    this.#begin();
    this.#end(sendable(this.#log, map.pairs));
  }

  /** One of our own answers, in the place of one that could not be had; `counts`: as which status. */
  answer({ status, headers, body }: WireResponse, counts = status): void {
    if (this.started) return;
    this.#counts = counts;
    this.#head = { status, headers };
    this.#parts = body.length > 0 ? [body] : [];
    this.#end();
  }

  /** Breaks the response off, or the connection where none has begun. */
  reset(why: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reply.reset(why);
  }

  /** The turn in which the request came is over: what there is of the response goes out. */
  release(): void {
    this.#released = true;
    if (this.#head !== undefined) this.#begin();
  }

  #end(trailers?: Pair[]): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#begun) this.#reply.end(trailers);
    else {
      const { status, headers } = this.#head!;
      const body = joined(this.#parts);
      const fields = this.#options.asItIs ? headers : withKind(headers, body);
      this.#reply.whole(status, fields, body);
    }
    this.#finished(this.#counts ?? this.#head?.status ?? 500);
  }

  /** Hands over what there is; the rest follows as it comes. */
  #begin(): void {
    if (this.started) return;
    this.#begun = true;
    const { status, headers } = this.#head!;
    this.#reply.head(status, headers);
    for (const part of this.#parts) this.#reply.data(part);
    this.#parts = [];
  }
}
