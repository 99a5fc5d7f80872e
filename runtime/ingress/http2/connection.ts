/** One client's HTTP/2 connection: `node:http2` speaks it, and its streams become requests. */
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { endAfterReading } from "../../http/http2_session.ts";
import { MAX_FIELDS, MAX_HEAD } from "../../http/limits.ts";
import type { Malformed } from "../../http/malformed.ts";
import { errorAnswer } from "../answers.ts";
import { ClientEnds, HttpFacts } from "../facts.ts";
import type { Handler } from "../incoming.ts";
import type { Layer } from "./layer.ts";
import { Http2Reply, type ReplyOwner } from "./reply.ts";
import { Http2Body } from "./request_body.ts";
import { parseRequestHead, type RequestHead } from "./request_head.ts";
import { Socket } from "./socket.ts";

/** Flag of a frame that ends its stream, and the code of one that asks too much (RFC 9113 §6.2, §7). */
const END_STREAM = 1;
const ENHANCE_YOUR_CALM = 11;

const OPTIONS = {
  settings: { maxConcurrentStreams: 100, maxHeaderListSize: MAX_HEAD },
  // Method, path, scheme and authority count as well.
  maxHeaderListPairs: MAX_FIELDS + 4,
  // What answerers say goes out as it is.
  strictSingleValueFields: false,
};

export class Http2Connection implements ReplyOwner {
  readonly later: (work: () => void) => void;
  readonly #handler: Handler;
  readonly #ends: ClientEnds;
  readonly #socket: Socket;
  readonly #session: ServerHttp2Session;
  readonly #replies = new Set<Http2Reply>();
  #streams = 0;
  /** How often the listener has looked since there was a stream. */
  #looks = 0;

  /** `said`: what was read so far. `closed`: called when it is over. */
  constructor(
    { performServerHandshake, Duplex, later }: Layer,
    conn: Deno.TcpConn,
    said: Uint8Array,
    handler: Handler,
    closed: () => void,
  ) {
    this.later = later;
    this.#handler = handler;
    this.#ends = new ClientEnds(conn);
    this.#socket = new Socket(Duplex, conn, said, {
      pressure: () => {
        for (const reply of [...this.#replies]) reply.press();
      },
    });
    const { duplex } = this.#socket;
    this.#session = performServerHandshake(duplex, OPTIONS);
    endAfterReading(this.#session);
    // Unheard they would end the isolate; its streams hear of it too.
    this.#session.on("error", () => {});
    this.#session.on(
      "stream",
      (
        stream: ServerHttp2Stream,
        _fields: unknown,
        flags: number,
        raw: string[],
      ) => this.#begin(stream, flags, raw),
    );
    // After the session, whose streams have ended by then.
    duplex.on("close", closed);
  }

  get full(): boolean {
    return this.#socket.full;
  }

  /** No more requests are taken; those under way are still answered. */
  shutdown(): void {
    this.#session.close();
  }

  /** Ends it where nothing has been asked for `idle` looks. */
  look(idle: number): void {
    if (this.#streams > 0) return;
    this.#looks++;
    if (this.#looks > idle) this.shutdown();
  }

  replied(reply: Http2Reply): void {
    this.#replies.delete(reply);
  }

  #begin(stream: ServerHttp2Stream, flags: number, raw: string[]): void {
    stream.on("error", () => {});
    if (stream.destroyed) return;
    this.#looks = 0;
    this.#streams++;
    stream.on("close", () => this.#streams--);
    let head: RequestHead;
    try {
      head = parseRequestHead(raw);
    } catch (error) {
      return this.#refuse(stream, error as Malformed);
    }
    this.#ask(stream, head, (flags & END_STREAM) !== 0);
  }

  #refuse(stream: ServerHttp2Stream, { status, message }: Malformed): void {
    if (status === 431) return stream.close(ENHANCE_YOUR_CALM);
    const answer = errorAnswer(status, `the request has ${message}`);
    new Http2Reply(this, stream, "", undefined)
      .whole(status, answer.headers, answer.body);
  }

  #ask(stream: ServerHttp2Stream, head: RequestHead, ended: boolean): void {
    const { method, path, authority, scheme, fields, declared } = head;
    const body = ended
      ? undefined
      : new Http2Body(stream, declared, head.expects);
    const reply = new Http2Reply(this, stream, method, body);
    this.#replies.add(reply);
    const gone = () => {
      body?.broken();
      reply.left();
    };
    // By the client's reset or the connection's end; the one where nothing has been said yet, the other always.
    stream.on("aborted", gone);
    stream.on("close", gone);
    try {
      this.#handler({
        method,
        path,
        authority,
        scheme,
        headers: fields,
        facts: new HttpFacts(this.#ends, "HTTP/2"),
        body,
      }, reply);
    } catch {
      reply.reset();
    }
  }
}
