/** The answer to a request of another isolate's listener: as a whole if it comes so, else with its body as a stream. */
import type { Pair } from "../../../http/fields.ts";
import { errorAnswer } from "../../../ingress/answers.ts";
import type { Reply, ReplyEvents } from "../../../ingress/incoming.ts";
import type { WireResponse } from "../../messages.ts";

/** Bytes that wait for a slow client before the response has to. */
const WINDOW = 64 * 1024;

const NOTHING = new Uint8Array(0);

export class WireReply implements Reply {
  readonly #answer = Promise.withResolvers<WireResponse>();
  #events: ReplyEvents | undefined;
  #stream: ReadableStreamDefaultController<Uint8Array | Pair[]> | undefined;
  #over = false;
  #pressed = false;

  /** Never rejects. */
  get answer(): Promise<WireResponse> {
    return this.#answer.promise;
  }

  listen(events: ReplyEvents): void {
    this.#events = events;
  }

  /** The client has gone. */
  left(): void {
    if (this.#over) return;
    this.#over = true;
    this.#answer.resolve(errorAnswer(503, "the client has gone"));
    this.#events?.gone();
  }

  whole(status: number, headers: Pair[], body: Uint8Array): void {
    if (this.#over || this.#stream !== undefined) return;
    this.#over = true;
    this.#answer.resolve({ status, headers, body });
  }

  head(status: number, headers: Pair[]): void {
    if (this.#over || this.#stream !== undefined) return;
    const stream = new ReadableStream<Uint8Array | Pair[]>({
      start: (controller) => {
        this.#stream = controller;
      },
      pull: () => this.#press(),
      cancel: () => {
        this.#over = true;
        this.#events?.gone();
      },
    }, { highWaterMark: WINDOW, size: (part) => part.length });
    this.#answer.resolve({ status, headers, body: NOTHING, stream });
  }

  data(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return;
    this.#stream?.enqueue(bytes);
    this.#press();
  }

  end(trailers: Pair[] = []): void {
    if (this.#over) return;
    this.#over = true;
    if (trailers.length > 0) this.#stream?.enqueue(trailers);
    this.#stream?.close();
  }

  reset(why: string): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#stream !== undefined) this.#stream.error(new Error(why));
    else this.#answer.resolve(errorAnswer(502, why));
  }

  #press(): void {
    const pressed = (this.#stream?.desiredSize ?? 1) <= 0;
    if (pressed === this.#pressed || this.#over) return;
    this.#pressed = pressed;
    this.#events?.pressure(pressed);
  }
}
