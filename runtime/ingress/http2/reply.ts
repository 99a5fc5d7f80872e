/** The answer to one HTTP/2 request. */
import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import type { Pair } from "../../http/fields.ts";
import type { IncomingBody, Reply, ReplyEvents } from "../incoming.ts";
import { type ReplyHead, replyHead, trailersOf } from "./reply_head.ts";

/** Bytes that wait for the client's window before the answer has to. */
const WINDOW = 64 * 1024;

/** What the connection hears of an answer. */
export interface ReplyOwner {
  /** Whether what was written before has to be read first. */
  readonly full: boolean;
  readonly later: (work: () => void) => void;
  /** All was said, or it was broken off. */
  replied(reply: Http2Reply): void;
}

export class Http2Reply implements Reply {
  readonly #owner: ReplyOwner;
  readonly #stream: ServerHttp2Stream;
  readonly #method: string;
  /** The request's, of which nothing more is wanted once it is answered. */
  readonly #body: IncomingBody | undefined;
  #events: ReplyEvents | undefined;
  #head: ReplyHead | undefined;
  /** Bytes given, and those of them that no frame holds yet. */
  #given = 0;
  #waiting = 0;
  #trailers: readonly Pair[] = [];
  #pressed: boolean;
  #over = false;

  constructor(
    owner: ReplyOwner,
    stream: ServerHttp2Stream,
    method: string,
    body: IncomingBody | undefined,
  ) {
    this.#owner = owner;
    this.#stream = stream;
    this.#method = method;
    this.#body = body;
    this.#pressed = owner.full;
  }

  listen(events: ReplyEvents): void {
    this.#events = events;
    if (this.#over) events.gone();
    else if (this.#pressed) events.pressure(true);
  }

  /** The client has gone. */
  left(): void {
    if (this.#over) return;
    this.#over = true;
    this.#owner.replied(this);
    this.#events?.gone();
  }

  /** The client reads, or does not. */
  press(): void {
    const pressed = this.#waiting > WINDOW || this.#owner.full;
    if (pressed === this.#pressed || this.#over) return;
    this.#pressed = pressed;
    this.#events?.pressure(pressed);
  }

  whole(status: number, fields: readonly Pair[], body: Uint8Array): void {
    if (this.#over || this.#head !== undefined) return;
    const head = replyHead(status, fields, body.length, this.#method);
    const end = head.bodiless || body.length === 0;
    if (!this.#respond(head, { endStream: end })) return;
    if (!end) this.#stream.end(body);
    this.#finish();
    this.#settle();
  }

  head(status: number, fields: readonly Pair[]): void {
    if (this.#over || this.#head !== undefined) return;
    const head = replyHead(status, fields, undefined, this.#method);
    if (head.bodiless) return void this.#respond(head, { endStream: true });
    this.#stream.on("wantTrailers", () => this.#sendTrailers());
    this.#respond(head, { waitForTrailers: true });
  }

  data(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0) return;
    const { bodiless, announced } = this.#head!;
    if (bodiless) return;
    this.#given += bytes.length;
    if (announced !== undefined && this.#given > announced) return this.reset();
    this.#waiting += bytes.length;
    this.#stream.write(bytes, () => {
      this.#waiting -= bytes.length;
      this.press();
    });
    this.press();
  }

  end(trailers: readonly Pair[] = []): void {
    if (this.#over) return;
    const { bodiless, announced } = this.#head!;
    if (bodiless) {
      this.#finish();
      return this.#settle();
    }
    if (announced !== undefined && this.#given < announced) return this.reset();
    this.#trailers = trailers;
    this.#finish();
    this.#stream.end();
  }

  reset(): void {
    if (this.#over) return;
    this.#finish();
    // Told as INTERNAL_ERROR.
    this.#stream.destroy(new Error("the answer broke off"));
  }

  /** @returns whether it can be sent. */
  #respond(
    head: ReplyHead,
    options: { endStream?: boolean; waitForTrailers?: boolean },
  ): boolean {
    this.#head = head;
    try {
      // The types do not know of lists yet.
      this.#stream.respond(
        head.list as unknown as OutgoingHttpHeaders,
        options,
      );
      return true;
    } catch {
      // Statuses beyond 599 cannot be sent, as `node:http2` has it.
      this.reset();
      return false;
    }
  }

  #sendTrailers(): void {
    try {
      this.#stream.sendTrailers(trailersOf(this.#trailers));
    } catch {
      return void this.#stream.destroy(new Error("no such trailers"));
    }
    // They are sent at the end of this turn only.
    this.#owner.later(() => this.#settle());
  }

  #finish(): void {
    this.#over = true;
    this.#body?.stop();
    this.#owner.replied(this);
  }

  /** All is said; where the request still goes on, the client is told that nobody listens (RFC 9113 §8.1). */
  #settle(): void {
    if (this.#stream.destroyed) return;
    if (this.#stream.state.remoteClose === 0) this.#stream.close();
  }
}
