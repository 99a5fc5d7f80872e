/** The end of a chain that is a service somewhere else. */
import { HeaderMap } from "../../../../abi/mod.ts";
import type { UpstreamEvents, UpstreamExchange } from "../upstream.ts";
import type { Terminal, TerminalEvents } from "./terminal.ts";

/** Begins an exchange with the service. */
export type OpenUpstream = (events: UpstreamEvents) => UpstreamExchange;

export class UpstreamTerminal implements Terminal {
  readonly #open: OpenUpstream;
  readonly #events: TerminalEvents;
  #exchange: UpstreamExchange | undefined;
  #pressed = false;
  /** Received and not yet said to be used, since the response has to wait. */
  #unused = 0;

  constructor(open: OpenUpstream, events: TerminalEvents) {
    this.#open = open;
    this.#events = events;
  }

  headers(map: HeaderMap, end: boolean): void {
    this.#exchange = this.#open(this.#heard());
    this.#exchange.sendHeaders(map.pairs, end);
  }

  data(bytes: Uint8Array, end: boolean): void {
    if (this.#exchange?.sendData(bytes, end) === false) {
      this.#events.holdRequest(true);
    }
  }

  trailers(map: HeaderMap): void {
    this.#exchange?.sendTrailers(map.pairs);
  }

  reset(): void {
    this.#exchange?.reset();
    this.#exchange = undefined;
  }

  pressure(on: boolean): void {
    this.#pressed = on;
    this.#use();
  }

  #heard(): UpstreamEvents {
    const { response } = this.#events;
    return {
      connected: (ends) => this.#events.connected(ends),
      headers: (pairs, end) => response.headers(new HeaderMap(pairs), end),
      data: (bytes, end) => {
        this.#unused += bytes.length;
        response.data(bytes, end);
        this.#use();
      },
      trailers: (pairs) => response.trailers(new HeaderMap(pairs)),
      reset: (reason) => this.#events.cut(reason),
      drain: () => this.#events.holdRequest(false),
    };
  }

  #use(): void {
    if (this.#pressed || this.#unused === 0) return;
    this.#exchange?.consumed(this.#unused);
    this.#unused = 0;
  }
}
