/** One side's outgoing messages of one stream: what is said in one turn is one message. */
import { joined } from "../../proto/joined.ts";
import { type StreamMessage, TAKEN_STEP } from "./upstream_messages.ts";

export class StreamOutbox {
  readonly #fn: number;
  readonly #n: number;
  readonly #post: (message: StreamMessage) => void;
  #message: StreamMessage | undefined;
  #data: Uint8Array[] = [];
  #taken = 0;

  constructor(fn: number, n: number, post: (message: StreamMessage) => void) {
    this.#fn = fn;
    this.#n = n;
    this.#post = post;
  }

  /** The message that goes out when this turn is over. */
  get next(): StreamMessage {
    if (this.#message) return this.#message;
    queueMicrotask(() => this.flush());
    return this.#message = { t: "stream", fn: this.#fn, n: this.#n };
  }

  /** Adds data to the next message; keeps `bytes`. */
  data(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    void this.next;
    this.#data.push(bytes);
  }

  /** Tells the other side of bytes taken, once they are worth a message or go along with one. */
  taken(bytes: number): void {
    this.#taken += bytes;
    if (this.#taken >= TAKEN_STEP) void this.next;
  }

  /** Sends what there is now. */
  flush(): void {
    const message = this.#message;
    if (!message) return;
    this.#message = undefined;
    if (this.#data.length > 0) message.data = joined(this.#data);
    if (this.#taken > 0) message.taken = this.#taken;
    this.#data = [];
    this.#taken = 0;
    this.#post(message);
  }

  /** Throws away what was not sent. */
  drop(): void {
    this.#message = undefined;
    this.#data = [];
  }
}
