/** What stands at the end of a chain of functions and makes the response. */
import type {
  HeaderMap,
  LocalResponse,
  StreamSink,
} from "../../../../abi/mod.ts";

/** Takes the request as the chain leaves it; what it answers goes into `response`. */
export interface Terminal extends StreamSink {
  /** The client or a function wants no more of it. */
  reset(): void;
  /** Whether the response is to wait, since those it goes to hold enough. */
  pressure(on: boolean): void;
}

/** What a terminal tells the exchange. */
export interface TerminalEvents {
  readonly response: StreamSink;
  /** Whether the request is to wait. */
  holdRequest(on: boolean): void;
  /** An answer of our own in the place of one from somewhere else; functions see it as any response. */
  respondInstead(response: LocalResponse): void;
  /** Which route and cluster were chosen: properties that a plugin may ask for. */
  routed(route: string, cluster: string): void;
  /** Over which connection the response comes: its ends, packed. */
  connected(ends: string): void;
  /** The response broke off after it began. */
  cut(why: string): void;
}

/** The last function makes the answer: it is told when the request has gone through. */
export class OwnAnswer implements Terminal {
  readonly #complete: () => void;

  constructor(complete: () => void) {
    this.#complete = complete;
  }

  headers(_map: HeaderMap, end: boolean): void {
    if (end) this.#complete();
  }
  data(_bytes: Uint8Array, end: boolean): void {
    if (end) this.#complete();
  }
  trailers(): void {
    this.#complete();
  }
  reset(): void {}
  pressure(): void {}
}
