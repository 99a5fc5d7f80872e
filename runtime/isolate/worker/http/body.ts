/** Reads a request's body into an exchange, no faster than the exchange takes it. */
import type { HttpExchange } from "./exchange.ts";

const NOTHING = new Uint8Array(0);

export class BodyPump {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  /** What its length was said to be: then its end comes with its last part. */
  readonly #declared: number | undefined;
  #held: PromiseWithResolvers<void> | undefined;
  #stopped = false;

  constructor(body: ReadableStream<Uint8Array>, declared: number | undefined) {
    this.#reader = body.getReader();
    this.#declared = declared;
  }

  /** Until the end. `limit`: more than so many bytes are refused. */
  async run(exchange: HttpExchange, limit: number): Promise<void> {
    let size = 0;
    try {
      while (!this.#stopped) {
        if (this.#held !== undefined) await this.#held.promise;
        const { done, value = NOTHING } = await this.#reader.read();
        if (this.#stopped) return;
        size += value.length;
        if (size > limit) return exchange.overflow("request", 0);
        const end = done || size === this.#declared;
        exchange.data(value, end);
        if (end) return;
      }
    } catch {
      // The client broke off.
      exchange.abort();
    }
  }

  /** The exchange is full, or can take more again. */
  hold(on: boolean): void {
    if (on) this.#held ??= Promise.withResolvers();
    else {
      this.#held?.resolve();
      this.#held = undefined;
    }
  }

  /** Nothing more is wanted. */
  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.hold(false);
    this.#reader.cancel().catch(() => {});
  }
}
