/** A request whose connection is still being made: what is said to it is kept and said again. */
import type { Failure } from "./failure.ts";
import type { Pair } from "../http/fields.ts";
import type { RequestStream, ResponseSink } from "./stream.ts";

export class DeferredRequest implements RequestStream {
  #said: ((stream: RequestStream) => void)[] = [];
  #stream: RequestStream | undefined;
  #cancelled = false;

  /**
   * @param begin starts the exchange once it can; `cancelled` says whether it is still wanted then. What it throws, the
   * sink is told.
   */
  constructor(
    begin: (cancelled: () => boolean) => Promise<RequestStream | undefined>,
    sink: ResponseSink,
  ) {
    begin(() => this.#cancelled).then((stream) => {
      if (!stream) return;
      this.#stream = stream;
      for (const again of this.#said.splice(0)) again(stream);
    }, (failure) => {
      this.#said = [];
      if (!this.#cancelled) sink.failed(failure as Failure);
      this.#cancelled = true;
    });
  }

  send(bytes: Uint8Array, end: boolean): void {
    this.#say((stream) => stream.send(bytes, end));
  }

  trailers(fields: readonly Pair[]): void {
    this.#say((stream) => stream.trailers(fields));
  }

  consumed(bytes: number): void {
    this.#say((stream) => stream.consumed(bytes));
  }

  cancel(): void {
    this.#cancelled = true;
    this.#said = [];
    this.#stream?.cancel();
  }

  #say(what: (stream: RequestStream) => void): void {
    if (this.#stream) what(this.#stream);
    else if (!this.#cancelled) this.#said.push(what);
  }
}
