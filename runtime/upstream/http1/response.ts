/** Bytes of one response in, calls of its sink out. No I/O. */
import type { BodyReader } from "../../http/body.ts";
import { HeadBuffer } from "../../http/head.ts";
import { Malformed } from "../../http/malformed.ts";
import { joined } from "../../../proto/joined.ts";
import { Failure } from "../failure.ts";
import type { ResponseSink } from "../stream.ts";
import { bodyReader, parseHead, type ResponseHead } from "./response_head.ts";

/** Informational responses before the real one; Envoy has about as many. */
const MAX_INFORMATIONAL = 16;

const NO_BYTES = new Uint8Array(0);

export class ResponseReader {
  /** The sink heard the end. */
  done = false;
  /** Something of the response came. */
  begun = false;
  /** Whether the connection may serve another request once this response is done. */
  keepAlive = false;
  /** Body bytes given to the sink. */
  delivered = 0;
  readonly #method: string;
  readonly #sink: ResponseSink;
  readonly #head = new HeadBuffer();
  #body: BodyReader | undefined;
  #informational = 0;

  constructor(method: string, sink: ResponseSink) {
    this.#method = method;
    this.#sink = sink;
  }

  /** Takes what was read. @throws {Failure} `protocol`; the sink hears of it from the caller. */
  take(bytes: Uint8Array): void {
    this.begun = true;
    try {
      this.#take(bytes);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      throw new Failure("protocol", `the response has ${error.message}`);
    }
  }

  #take(bytes: Uint8Array): void {
    let at = 0;
    while (!this.#body) {
      const found = this.#head.take(bytes, at, false);
      if (!found) return;
      at = found.next;
      this.#takeHead(parseHead(found.head));
      if (this.done) return this.#checkEnd(at, bytes);
      if (at === bytes.length) return;
    }
    const parts: Uint8Array[] = [];
    const end = this.#body.take(bytes, at, parts);
    this.#give(joined(parts), end >= 0);
    if (end >= 0) this.#checkEnd(end, bytes);
  }

  /** The connection ended. @throws {Failure} `terminated`, in the middle of the response. */
  end(): void {
    if (this.done) return;
    if (!this.#body?.untilClose) {
      throw new Failure(
        "terminated",
        this.begun
          ? "the connection was closed in the middle of the response"
          : "the connection was closed before a response",
      );
    }
    this.done = true;
    this.#sink.data(NO_BYTES, true);
  }

  #takeHead(head: ResponseHead): void {
    const { status } = head;
    if (status === 101) {
      throw new Failure("protocol", "the response switches protocols");
    }
    if (status < 200) {
      if (++this.#informational > MAX_INFORMATIONAL) {
        throw new Failure("protocol", "too many informational responses");
      }
      return;
    }
    this.#body = bodyReader(this.#method, head);
    this.keepAlive = head.minor === 1 && !this.#body?.untilClose &&
      !head.fields.some(([name, value]) =>
        name === "connection" && /(^|[ ,])close([ ,]|$)/i.test(value)
      );
    this.done = this.#body === undefined;
    this.#sink.head(head.fields, this.done);
  }

  #give(bytes: Uint8Array, ended: boolean): void {
    this.delivered += bytes.length;
    const trailers = this.#body?.trailers;
    if (!ended) {
      if (bytes.length > 0) this.#sink.data(bytes, false);
      return;
    }
    this.done = true;
    if (!trailers) return this.#sink.data(bytes, true);
    if (bytes.length > 0) this.#sink.data(bytes, false);
    this.#sink.trailers(trailers);
  }

  /** What comes after the end belongs to no request. */
  #checkEnd(at: number, bytes: Uint8Array): void {
    if (at < bytes.length) this.keepAlive = false;
  }
}
