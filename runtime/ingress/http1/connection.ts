/** One client's connection: HTTP/1.1, one request after the other, until it turns out to speak HTTP/2. */
import { after } from "../../../proto/after.ts";
import { HeadBuffer } from "../../http/head.ts";
import { Malformed } from "../../http/malformed.ts";
import { bytesOf } from "../../http/write.ts";
import { errorAnswer } from "../answers.ts";
import { ClientEnds, HttpFacts } from "../facts.ts";
import type { Handler } from "../incoming.ts";
import { Output } from "./output.ts";
import { Http1Reply } from "./reply.ts";
import { Http1Body } from "./request_body.ts";
import {
  isPreface,
  parseRequestHead,
  type RequestHead,
} from "./request_head.ts";

/** Bytes read at once: of a head, and of a body. */
const READ_HEAD = 8 * 1024;
const READ_BODY = 64 * 1024;
/** Milliseconds between the last byte written and the end, so that the client can still read it. */
const LAST_LOOK = 1000;

/** The beginning of HTTP/2 as far as it looks like a head. */
const PREFACE = bytesOf("PRI * HTTP/2.0\r\n\r\n");
const CONTINUE = bytesOf("HTTP/1.1 100 Continue\r\n\r\n");
/** Of whom nothing is known. */
const UNKNOWN: RequestHead = {
  method: "",
  path: "",
  authority: "",
  minor: 1,
  fields: [],
  framing: 0,
  keepAlive: false,
  expects: false,
  trailers: false,
};
const NONE = new Uint8Array(0);

export interface ConnectionEvents {
  readonly handler: Handler;
  /** The client speaks HTTP/2, and this is what it said so far. The connection is not ours any more. */
  http2(
    connection: Http1Connection,
    conn: Deno.TcpConn,
    said: Uint8Array,
  ): void;
  /** It is over. */
  closed(connection: Http1Connection): void;
}

export class Http1Connection {
  readonly output: Output;
  readonly #conn: Deno.TcpConn;
  readonly #events: ConnectionEvents;
  readonly #ends: ClientEnds;
  readonly #head = new HeadBuffer();
  #buffer = new Uint8Array(READ_HEAD);
  /** What was read, and how far it was taken. */
  #bytes = NONE;
  #at = 0;
  #reply: Http1Reply | undefined;
  #body: Http1Body | undefined;
  /** Nothing has been asked yet. */
  #first = true;
  /** The present request is the last one. */
  #last = false;
  /** Nothing more is asked or answered. */
  #finishing = false;
  #closed = false;
  /** Waits for what was read to be taken. */
  #woken: (() => void) | undefined;
  #advancing = false;
  /** How often the listener has looked since something of a request came. */
  #looks = 0;

  constructor(conn: Deno.TcpConn, events: ConnectionEvents) {
    this.#conn = conn;
    this.#events = events;
    this.#ends = new ClientEnds(conn);
    this.output = new Output(conn, {
      pressure: (on) => this.#pressure(on),
      broken: () => this.#gone(),
    });
  }

  /** Whether no request is under way. */
  get idle(): boolean {
    return this.#reply === undefined && this.#body === undefined;
  }

  /** Whether the answer under way is the last one. */
  get closing(): boolean {
    return this.#last;
  }

  /** The present request is the last one. */
  shutdown(): void {
    this.#last = true;
    if (this.idle) this.#close();
  }

  /** Ends it where nobody has said anything for `idle` looks, or no whole head for `slow`. */
  look(idle: number, slow: number): void {
    if (!this.idle) return;
    this.#looks++;
    if (this.#head.empty) {
      if (this.#looks > idle) this.#close();
    } else if (this.#looks > slow) {
      this.#broken(new Malformed("a head that does not end", 408));
    }
  }

  async run(): Promise<void> {
    try {
      while (!this.#closed) {
        const count = await this.#conn.read(this.#buffer);
        if (this.#closed) return;
        if (count === null) break;
        this.#bytes = this.#buffer.subarray(0, count);
        this.#at = 0;
        this.#advance();
        if (this.#closed) return;
        if (this.#at < count || this.output.full) {
          await new Promise<void>((resolve) => this.#woken = resolve);
        }
        this.#fitBuffer();
      }
    } catch {
      // The client has broken off.
    }
    this.#gone();
  }

  /** The answer was given. */
  replied(keepAlive: boolean): void {
    this.#reply = undefined;
    if (!keepAlive) this.#last = true;
    this.#body?.stop();
    this.#next();
  }

  /** The answer is broken off; what was handed over of it is still written. */
  cut(): void {
    this.#reply = undefined;
    this.#finish();
  }

  /** Takes what was read as far as it can be. */
  #advance(): void {
    // Answered within its handler, a request is followed by the next in the loop that called it.
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#at < this.#bytes.length && !this.#closed) {
      if (this.#finishing) this.#at = this.#bytes.length;
      else if (this.#body !== undefined) {
        if (!this.#body.wanted) break;
        this.#takeBody(this.#body);
      } else if (this.#reply !== undefined) break;
      else this.#takeHead();
    }
    this.#advancing = false;
    this.#resume();
  }

  #takeHead(): void {
    try {
      const found = this.#head.take(this.#bytes, this.#at, true);
      this.#at = found?.next ?? this.#bytes.length;
      // An empty line before a request is nothing (RFC 9112 §2.2).
      if (found === undefined || found.lines.length === 0) return;
      if (this.#first && isPreface(found.lines)) return this.#handOver();
      this.#first = false;
      this.#looks = 0;
      this.#begin(parseRequestHead(found.lines));
    } catch (error) {
      this.#broken(error as Error);
    }
  }

  #begin(head: RequestHead): void {
    const reply = new Http1Reply(this, head);
    this.#reply = reply;
    if (head.framing !== 0) this.#body = this.#bodyOf(head);
    const { method, path, authority, fields } = head;
    this.#events.handler({
      method,
      path,
      authority,
      scheme: "http",
      headers: fields,
      facts: new HttpFacts(
        this.#ends,
        head.minor === 1 ? "HTTP/1.1" : "HTTP/1.0",
      ),
      body: this.#body,
    }, reply);
  }

  #bodyOf(head: RequestHead): Http1Body {
    const body = new Http1Body(head.framing, {
      wake: () => {
        // At once: its reader may be able to answer at once.
        if (this.#body === body && this.#at < this.#bytes.length) {
          this.#takeBody(body);
        }
        this.#advance();
      },
      consent: () => {
        if (!head.expects || this.#at < this.#bytes.length) return;
        this.output.write(CONTINUE);
        head.expects = false;
      },
      // Then nobody knows whether it will come.
      refused: () => {
        if (head.expects) this.#last = true;
      },
    });
    return body;
  }

  #takeBody(body: Http1Body): void {
    try {
      this.#at = body.take(this.#bytes, this.#at);
    } catch (error) {
      return this.#broken(error as Error);
    }
    if (body.done) this.#body = undefined;
    if (this.#reply === undefined && !this.#closed) this.#next(body.tooMuch);
  }

  /** An answer was given, or the rest of a body has come. */
  #next(enough = false): void {
    if (this.#last || enough) return this.#finish();
    if (this.#body === undefined) this.#advance();
  }

  /** What came is no HTTP, or an answerer failed. */
  #broken(error: Error): void {
    this.#last = true;
    const reply = this.#reply;
    this.#body?.broken();
    const ours = !(error instanceof Malformed);
    const status = ours ? 500 : error.status;
    const message = ours
      ? `internal error: ${error.message}`
      : `the request has ${error.message}`;
    const { headers, body } = errorAnswer(status, message);
    if (reply === undefined) {
      new Http1Reply(this, UNKNOWN).whole(status, headers, body);
    } else if (reply.begun) this.cut();
    else reply.whole(status, headers, body);
  }

  #pressure(on: boolean): void {
    this.#reply?.pressure(on);
    if (!on) this.#resume();
  }

  /** Reads on, once all that was read is taken and what was answered is under way. */
  #resume(): void {
    if (this.#at < this.#bytes.length && !this.#closed || this.output.full) {
      return;
    }
    this.#woken?.();
    this.#woken = undefined;
  }

  /** A large buffer only for as long as there is a large body. */
  #fitBuffer(): void {
    const large = this.#body !== undefined &&
      (this.#body.declared ?? READ_BODY) > READ_HEAD;
    const size = large ? READ_BODY : READ_HEAD;
    if (this.#buffer.length !== size) this.#buffer = new Uint8Array(size);
  }

  #handOver(): void {
    this.#closed = true;
    const rest = this.#bytes.subarray(this.#at);
    const said = new Uint8Array(PREFACE.length + rest.length);
    said.set(PREFACE);
    said.set(rest, PREFACE.length);
    this.#events.http2(this, this.#conn, said);
  }

  /** Nothing more is answered: closes when all was written, and the client could have read it. */
  #finish(): void {
    if (this.#finishing) return;
    this.#finishing = true;
    this.#advance();
    this.output.finish(() => {
      if (this.#closed) return;
      if (this.#body === undefined) return this.#close();
      // To close while it still sends would throw away what it has not read.
      this.#conn.closeWrite().catch(() => {});
      after(LAST_LOOK, () => this.#close());
    });
  }

  #gone(): void {
    if (this.#closed) return;
    this.#close();
    this.#body?.broken();
    this.#reply?.left();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    try {
      this.#conn.close();
    } catch { /* It was closed already. */ }
    this.#resume();
    this.#events.closed(this);
  }
}
