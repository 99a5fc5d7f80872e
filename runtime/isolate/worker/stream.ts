/** One stream at the isolate's end: its window, its ends. */
import { StreamOutbox } from "../stream_outbox.ts";
import { STREAM_WINDOW, type StreamMessage } from "../upstream_messages.ts";

/** How messages leave: the isolate's port. */
export type Post = (message: StreamMessage) => void;

/** Whose stream it is. */
export interface StreamUser {
  /** Whether this message is the last. */
  ends(message: StreamMessage): boolean;
  heard(message: StreamMessage): void;
  /** More may be sent. */
  drained(): void;
  /** The stream is over. */
  gone(): void;
}

export class Stream {
  readonly #out: StreamOutbox;
  readonly #user: StreamUser;
  #opened = false;
  #outstanding = 0;
  #full = false;
  #ended = false;
  #over = false;

  constructor(
    { fn, n }: { fn: number; n: number },
    post: Post,
    user: StreamUser,
  ) {
    this.#out = new StreamOutbox(fn, n, post);
    this.#user = user;
  }

  /** The message that goes out when this turn is over. */
  get next(): StreamMessage {
    return this.#out.next;
  }

  /** Bytes sent that the main isolate did not say it took. */
  get unsent(): number {
    return this.#outstanding;
  }

  /** Whether nothing can be sent any more. */
  get ended(): boolean {
    return this.#ended || this.#over || !this.#opened;
  }

  /** False where it was opened before. */
  open(as: NonNullable<StreamMessage["open"]>): boolean {
    if (this.#opened || this.#over) return false;
    this.#opened = true;
    this.next.open = as;
    return true;
  }

  send(bytes: Uint8Array, end: boolean): boolean {
    if (this.ended) return true;
    // A copy: the bytes may be a view of a guest's memory.
    this.#out.data(bytes.slice());
    this.#outstanding += bytes.length;
    if (end) this.end();
    return !(this.#full = this.#outstanding >= STREAM_WINDOW);
  }

  end(): void {
    if (this.ended) return;
    this.#ended = true;
    this.next.end = true;
  }

  consumed(bytes: number): void {
    if (!this.#over) this.#out.taken(bytes);
  }

  reset(): void {
    if (this.#over) return;
    this.#out.drop();
    if (this.#opened) {
      this.next.reset = "";
      this.#out.flush();
    }
    this.#finish();
  }

  take(message: StreamMessage): void {
    if (this.#over) return;
    if (message.taken) this.#outstanding -= message.taken;
    // Over first: whoever is told of the end may do as it likes with this stream.
    if (this.#user.ends(message)) this.#finish();
    this.#user.heard(message);
    if (this.#full && this.#outstanding < STREAM_WINDOW / 2 && !this.#over) {
      this.#full = false;
      this.#user.drained();
    }
  }

  #finish(): void {
    this.#over = true;
    this.#out.drop();
    this.#user.gone();
  }
}
