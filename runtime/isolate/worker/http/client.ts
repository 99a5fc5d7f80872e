/** The client's end of an exchange: from what the chain answers to a `Response`. */
import {
  type GuestHost,
  type HeaderMap,
  headOf,
  type StreamSink,
} from "../../../../abi/mod.ts";
import type { WireResponse } from "../../messages.ts";
import { toResponse, withoutBody } from "../../../ingress/answers.ts";
import { isHopByHop } from "../../../http/fields.ts";

export interface ClientEvents {
  /** All of the response was handed over. */
  finished(status: number): void;
  /** The client went away. */
  gone(): void;
  /** Whether the response is to wait until the client has read more. */
  pressure(on: boolean): void;
}

/** What Envoy answers where a plugin took the status away. */
const NO_STATUS: WireResponse = {
  status: 502,
  headers: [["content-type", "text/plain"]],
  body: new TextEncoder().encode("missing required header: :status"),
};

/** Responses whose body is still to come. */
const streaming = new WeakSet<Response>();

/** Whether a response of an `HttpClient` has a body that is still to come. */
export function isStreaming(response: Response): boolean {
  return streaming.has(response);
}

/** Bytes that wait for a slow client before the response has to. */
const WINDOW = 64 * 1024;

/**
 * A response whose parts come in one turn is handed over whole; otherwise its body is a stream. Trailers are dropped:
 * the server has no way to send them.
 */
export class HttpClient implements StreamSink {
  readonly #events: ClientEvents;
  readonly #log: Pick<GuestHost, "log">;
  readonly #asItIs: boolean;
  #head: { status: number; headers: [string, string][] } | undefined;
  /** What the answer counts as, where its status does not say it. */
  #counts: number | undefined;
  #parts: Uint8Array[] = [];
  #begun = false;
  #ended = false;
  #stream: ReadableStreamDefaultController<Uint8Array> | undefined;
  #ready: ((response: Response) => void) | undefined;
  #pressed = false;

  /** `asItIs`: the response is a service's, whose fields are not ours to add to. */
  constructor(
    log: Pick<GuestHost, "log">,
    events: ClientEvents,
    asItIs: boolean,
  ) {
    this.#log = log;
    this.#events = events;
    this.#asItIs = asItIs;
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
    this.#head = {
      status,
      headers: this.#asItIs
        ? headers.filter(([name]) => !isHopByHop(name))
        : headers,
    };
    this.#parts = [];
    if (end) this.#end();
    // The body may follow in this turn.
    else if (this.#ready !== undefined) queueMicrotask(() => this.#begin());
  }

  data(bytes: Uint8Array, end: boolean): void {
    if (this.#ended) return;
    if (this.#stream !== undefined) {
      if (bytes.length > 0) this.#stream.enqueue(bytes);
      this.#press();
    } else if (bytes.length > 0) this.#parts.push(bytes);
    if (end) this.#end();
  }

  trailers(): void {
    this.#end();
  }

  /** One of our own answers, in the place of one that could not be had; `counts`: as which status. */
  answer({ status, headers, body }: WireResponse, counts = status): void {
    if (this.started) return;
    this.#counts = counts;
    this.#head = { status, headers };
    this.#parts = body.length > 0 ? [body] : [];
    this.#end();
  }

  /** Breaks off a response that has begun. */
  reset(why: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream?.error(why);
  }

  /** The client left, or broke its request off: nobody hears the answer, but the server holds the connection until then. */
  leave(): void {
    if (this.started) return this.reset(new Error("the client has gone"));
    this.#ended = true;
    this.#head = { status: 400, headers: [] };
    this.#parts = [];
    this.#ready?.(this.#whole());
  }

  /** The response, at once where it is complete. Called once. */
  response(): Response | Promise<Response> {
    if (this.#ended) return this.#whole();
    const { promise, resolve } = Promise.withResolvers<Response>();
    this.#ready = resolve;
    if (this.#head !== undefined) this.#begin();
    return promise;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stream?.close();
    const ready = this.#ready;
    if (ready !== undefined && this.#stream === undefined) {
      this.#ready = undefined;
      ready(this.#whole());
    }
    this.#events.finished(this.#counts ?? this.#head?.status ?? 500);
  }

  #whole(): Response {
    const body = joined(this.#parts);
    return toResponse({ ...this.#head!, body }, this.#asItIs);
  }

  /** Hands over what there is; the rest goes through a stream. */
  #begin(): void {
    const ready = this.#ready;
    if (ready === undefined || this.#ended) return;
    this.#ready = undefined;
    this.#begun = true;
    const { status, headers } = this.#head!;
    if (withoutBody(status)) {
      ready(toResponse({ status, headers, body: new Uint8Array(0) }));
      return;
    }
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        this.#stream = controller;
        for (const part of this.#parts.splice(0)) controller.enqueue(part);
      },
      pull: () => this.#press(),
      cancel: () => this.#events.gone(),
    }, { highWaterMark: WINDOW, size: (part) => part.length });
    const response = new Response(
      body as ReadableStream<Uint8Array<ArrayBuffer>>,
      { status, headers },
    );
    streaming.add(response);
    ready(response);
    this.#press();
  }

  #press(): void {
    const pressed = (this.#stream?.desiredSize ?? 1) <= 0;
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.#events.pressure(pressed);
  }
}

/** Parts as one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(
    parts.reduce((total, part) => total + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
