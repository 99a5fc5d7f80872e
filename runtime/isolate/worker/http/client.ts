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
import { appended } from "../../../../proto/appended.ts";
import { joined } from "../../../../proto/joined.ts";

const NO_FIELDS: Pair[] = [];
const NO_PARTS: Uint8Array[] = [];

/** What Envoy answers where a plugin took the status away. */
const NO_STATUS: WireResponse = {
  status: 502,
  headers: [["content-type", "text/plain"]],
  body: new TextEncoder().encode("missing required header: :status"),
};

/** Who has a response made. */
export interface ClientOwner {
  /** All of it was handed over; it counts as `status`. */
  finished(status: number): void;
}

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
  readonly #owner: ClientOwner;
  readonly #options: ClientOptions;
  /** 0 until there is one. */
  #status = 0;
  #headers: Pair[] = NO_FIELDS;
  /** What the answer counts as, where its status does not say it. */
  #counts: number | undefined;
  #parts: Uint8Array[] = NO_PARTS;
  /** The turn in which the request came is over. */
  #released = false;
  #begun = false;
  #ended = false;

  constructor(
    reply: Reply,
    log: Pick<GuestHost, "log">,
    owner: ClientOwner,
    options: ClientOptions,
  ) {
    this.#reply = reply;
    this.#log = log;
    this.#owner = owner;
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
    this.#status = status;
    this.#headers = this.#options.asItIs ? passedOn(headers) : headers;
    this.#parts = NO_PARTS;
    if (end) this.#end();
    // The body may follow in this turn.
    else if (this.#released) queueMicrotask(() => this.#begin());
  }

  data(bytes: Uint8Array, end: boolean): void {
    if (this.#ended) return;
    if (bytes.length > 0) {
      if (this.#begun) this.#reply.data(bytes);
      else this.#parts = appended(this.#parts, bytes);
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
    this.#status = status;
    this.#headers = headers;
    this.#parts = body.length > 0 ? [body] : NO_PARTS;
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
    if (this.#status !== 0) this.#begin();
  }

  #end(trailers?: Pair[]): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#begun) this.#reply.end(trailers);
    else {
      const body = joined(this.#parts);
      const fields = this.#options.asItIs
        ? this.#headers
        : withKind(this.#headers, body);
      this.#reply.whole(this.#status, fields, body);
    }
    this.#owner.finished(this.#counts ?? this.#status);
  }

  /** Hands over what there is; the rest follows as it comes. */
  #begin(): void {
    if (this.started) return;
    this.#begun = true;
    this.#reply.head(this.#status, this.#headers);
    for (const part of this.#parts) this.#reply.data(part);
    this.#parts = NO_PARTS;
  }
}

/** The fields without those of a connection, which hardly any have. */
function passedOn(fields: Pair[]): Pair[] {
  for (const [name] of fields) {
    if (isHopByHop(name)) return fields.filter(([name]) => !isHopByHop(name));
  }
  return fields;
}
