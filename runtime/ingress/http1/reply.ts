/** The answer to one HTTP/1.1 request. */
import { writeChunk, writeTrailers } from "../../http/write.ts";
import { copyInto } from "../../../abi/copy.ts";
import { isField, isHopByHop, type Pair } from "../../http/fields.ts";
import type { Reply, ReplyEvents } from "../incoming.ts";
import type { Output } from "./output.ts";
import { type Framing, roomForHead, writeReplyHead } from "./reply_head.ts";
import type { RequestHead } from "./request_head.ts";

/** A body that is copied behind its head, so that one write takes both. */
const SHORT = 16 * 1024;

/** What the connection hears of an answer. */
export interface ReplyOwner {
  readonly output: Output;
  /** Whether this is to be the connection's last answer. */
  readonly closing: boolean;
  /** All was said. `keepAlive`: another request may follow. */
  replied(keepAlive: boolean): void;
  /** It was broken off. */
  cut(): void;
}

export class Http1Reply implements Reply {
  readonly #owner: ReplyOwner;
  readonly #request: RequestHead;
  #events: ReplyEvents | undefined;
  #framing: Framing | undefined;
  /** Bytes that the announced length still wants. */
  #owed = 0;
  #keepAlive = false;
  #over = false;

  constructor(owner: ReplyOwner, request: RequestHead) {
    this.#owner = owner;
    this.#request = request;
  }

  /** Whether something of it was handed over. */
  get begun(): boolean {
    return this.#framing !== undefined;
  }

  listen(events: ReplyEvents): void {
    this.#events = events;
    if (this.#over) events.gone();
    else if (this.#owner.output.full) events.pressure(true);
  }

  /** The client has gone. */
  left(): void {
    if (this.#over) return;
    this.#over = true;
    this.#events?.gone();
  }

  pressure(on: boolean): void {
    if (!this.#over) this.#events?.pressure(on);
  }

  whole(status: number, fields: readonly Pair[], body: Uint8Array): void {
    if (this.#over || this.#framing !== undefined) return;
    const { output } = this.#owner;
    const short = body.length <= SHORT;
    const room = output.room(roomForHead(fields) + (short ? body.length : 0));
    const size = this.#open(room, status, fields, body.length);
    this.#over = true;
    const bodiless = this.#framing === "none" || body.length === 0;
    if (bodiless || !short) output.writeRoom(room, size);
    else {
      copyInto(room, size, body);
      output.writeRoom(room, size + body.length);
    }
    if (!bodiless && !short) output.write(body);
    this.#owner.replied(this.#keepAlive);
  }

  head(status: number, fields: readonly Pair[]): void {
    if (this.#over || this.#framing !== undefined) return;
    const { output } = this.#owner;
    const room = output.room(roomForHead(fields));
    const size = this.#open(room, status, fields, undefined);
    if (typeof this.#framing === "number") this.#owed = this.#framing;
    output.writeRoom(room, size);
  }

  data(bytes: Uint8Array): void {
    if (this.#over || bytes.length === 0 || this.#framing === "none") return;
    const { output } = this.#owner;
    if (this.#framing === "chunked") {
      return output.write(writeChunk(bytes, false));
    }
    if (typeof this.#framing === "number") {
      // More than was announced would be taken for the next answer.
      if (bytes.length > this.#owed) return this.#cut();
      this.#owed -= bytes.length;
    }
    output.write(bytes);
  }

  end(trailers: readonly Pair[] = []): void {
    if (this.#over) return;
    if (this.#owed > 0) return this.#cut();
    if (this.#framing === "chunked") {
      this.#owner.output.write(writeTrailers(trailers.filter(canTrail)));
    }
    this.#over = true;
    this.#owner.replied(this.#keepAlive);
  }

  reset(): void {
    if (!this.#over) this.#cut();
  }

  #cut(): void {
    this.#over = true;
    this.#owner.cut();
  }

  /** Writes the head into `room`; gives its size. */
  #open(
    room: Uint8Array,
    status: number,
    fields: readonly Pair[],
    length: number | undefined,
  ): number {
    const { method, minor, keepAlive } = this.#request;
    const head = writeReplyHead(room, status, fields, length, {
      method,
      minor,
      keepAlive: keepAlive && !this.#owner.closing,
    });
    this.#framing = head.framing;
    this.#keepAlive = head.keepAlive;
    return head.size;
  }
}

/** Whether a trailer can be sent, and says nothing of the connection or the body (RFC 9110 §6.5.1). */
function canTrail([name, value]: Pair): boolean {
  return isField(name, value) && !isHopByHop(name) && name !== "content-length";
}
