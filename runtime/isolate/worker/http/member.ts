/** One function's place in a chain: links its stream with its neighbours and tells the exchange what it asks for. */
import type {
  GuestTrap,
  HttpStream,
  HttpStreamOwner,
  LocalResponse,
  StreamSink,
} from "../../../../abi/mod.ts";
import type { HttpExchange } from "./exchange.ts";

export class Member implements HttpStreamOwner {
  readonly onward: StreamSink;
  readonly back: StreamSink;
  readonly #exchange: HttpExchange;
  readonly #index: number;
  stream!: HttpStream;

  constructor(
    exchange: HttpExchange,
    index: number,
    onward: StreamSink,
    back: StreamSink,
  ) {
    this.#exchange = exchange;
    this.#index = index;
    this.onward = onward;
    this.back = back;
  }

  respond(response: LocalResponse): void {
    this.#exchange.respond(response);
  }

  close(): void {
    this.#exchange.closed();
  }

  overflow(side: "request" | "response"): void {
    this.#exchange.overflow(side, this.#index);
  }

  pressure(side: "request" | "response", on: boolean): void {
    this.#exchange.pressure(side, `member ${this.#index}`, on);
  }

  failed(error: GuestTrap): "bypass" | "stop" {
    return this.#exchange.failed(this.#index, error);
  }
}
