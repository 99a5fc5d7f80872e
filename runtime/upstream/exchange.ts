/** One exchange as its user sees it: in time, and with an answer of ours where the other end gives none. */
import { type Deadline, deadlinesOf } from "../../proto/deadlines.ts";
import type { Cluster } from "./clusters.ts";
import { Failure, localReply, localReplyFields } from "./failure.ts";
import type { Pair } from "../http/fields.ts";
import type { RequestStream, ResponseSink } from "./stream.ts";

/** Told of a response. Calls come in order; the last has `end`, or is `trailers` or `reset`. */
export interface ExchangeEvents {
  /** As `ResponseSink.connection`. */
  connection(ends: string): void;
  head(fields: Pair[], end: boolean): void;
  /** Comes in the place of `head`: there is no response, and `data` with this text follows. */
  localHead(fields: Pair[]): void;
  data(bytes: Uint8Array, end: boolean): void;
  trailers(fields: Pair[]): void;
  /** The response broke off after it began. */
  reset(reason: string): void;
  sent(bytes: number): void;
}

export class UpstreamExchange implements ResponseSink {
  readonly #events: ExchangeEvents;
  readonly #failed: (failure: Failure) => void;
  readonly #timeout: number;
  #stream: RequestStream | undefined;
  #deadline: Deadline | undefined;
  #begun = false;
  #over = false;

  /**
   * @param timeout milliseconds from the end of the request to that of the response; 0 is no limit.
   * @param failed hears why there is a local reply or a reset.
   */
  constructor(
    timeout: number,
    events: ExchangeEvents,
    failed: (failure: Failure) => void,
  ) {
    this.#timeout = timeout;
    this.#events = events;
    this.#failed = failed;
  }

  /** Sends the request's head, which begins the exchange; an unknown cluster is undefined. Never throws. */
  start(cluster: Cluster | undefined, pairs: readonly Pair[], end: boolean) {
    if (end) this.#startTimer();
    try {
      if (!cluster) {
        throw new Failure("no endpoint", "there is no such cluster");
      }
      const stream = cluster.request(pairs, end, this);
      // A sink that hears of its failure at once is over before it has a stream.
      if (this.#over) stream.cancel();
      else this.#stream = stream;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.failed(error);
    }
  }

  send(bytes: Uint8Array, end: boolean): void {
    if (end) this.#startTimer();
    this.#stream?.send(bytes, end);
  }

  sendTrailers(fields: readonly Pair[]): void {
    this.#startTimer();
    this.#stream?.trailers(fields);
  }

  consumed(bytes: number): void {
    this.#stream?.consumed(bytes);
  }

  /** Gives up; nothing more is told. */
  cancel(): void {
    this.#finish();
    this.#stream?.cancel();
  }

  connection(ends: string): void {
    this.#events.connection(ends);
  }

  head(fields: Pair[], end: boolean): void {
    if (this.#over) return;
    this.#begun = true;
    if (end) this.#finish();
    this.#events.head(fields, end);
  }

  data(bytes: Uint8Array, end: boolean): void {
    if (this.#over) return;
    if (end) this.#finish();
    this.#events.data(bytes, end);
  }

  trailers(fields: Pair[]): void {
    if (this.#over) return;
    this.#finish();
    this.#events.trailers(fields);
  }

  sent(bytes: number): void {
    if (!this.#over) this.#events.sent(bytes);
  }

  failed(failure: Failure): void {
    if (this.#over) return;
    this.#finish();
    this.#failed(failure);
    if (this.#begun) return this.#events.reset(failure.message);
    const { status, body } = localReply(failure);
    this.#events.localHead(localReplyFields(status, body));
    this.#events.data(bytesOf(body), true);
  }

  #startTimer(): void {
    if (this.#timeout <= 0 || this.#over || this.#deadline) return;
    this.#deadline = deadlinesOf(this.#timeout).add(() => {
      this.#stream?.cancel();
      this.failed(
        new Failure("timeout", `no response within ${this.#timeout} ms`),
      );
    });
  }

  #finish(): void {
    this.#over = true;
    this.#deadline?.cancel();
  }
}

const encoder = new TextEncoder();

function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}
