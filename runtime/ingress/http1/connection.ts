/** One client's connection: HTTP/1.1, one request after the other, until it turns out to speak HTTP/2. */
import { after } from "../../../proto/after.ts";
import { HeadBuffer } from "../../http/head.ts";
import { Malformed } from "../../http/malformed.ts";
import { bytesOf } from "../../http/write.ts";
import { errorAnswer } from "../answers.ts";
import { ClientEnds, HttpFacts } from "../facts.ts";
import type { Handler, Incoming } from "../incoming.ts";
import { Output } from "./output.ts";
import { Http1Reply } from "./reply.ts";
import { Http1Body } from "./request_body.ts";
import {
  isPreface,
  parseRequestHead,
  PREFACE,
  type RequestHead,
} from "./request_head.ts";

/** Bytes read at once: of a head, and of a body. */
const READ_HEAD = 8 * 1024;
const READ_BODY = 64 * 1024;
/** Milliseconds between the last byte written and the end, so that the client can still read it. */
const LAST_LOOK = 1000;

const PREFACE_BYTES = bytesOf(PREFACE);
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
};

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

/** How many looks of the listener a client is waited for. */
export interface Patience {
  /** For a request. */
  idle: number;
  /** For the rest of a head. */
  head: number;
  /** For the rest of a body, and for reading the answer, while nothing moves. */
  stalled: number;
}

export class Http1Connection {
  readonly output: Output;
  readonly #conn: Deno.TcpConn;
  readonly #events: ConnectionEvents;
  readonly #ends: ClientEnds;
  readonly #head = new HeadBuffer();
  #buffer = new Uint8Array(READ_HEAD);
  /** How much was read into it, and how far that was taken. */
  #end = 0;
  #at = 0;
  #reply: Http1Reply | undefined;
  /** Until all of it came. */
  #body: Http1Body | undefined;
  /** The client waits for our consent before it sends the body. */
  #expects = false;
  /** Nothing has been asked yet. */
  #first = true;
  /** The present request is the last one. */
  #last = false;
  /** What is wrong with the present request's body. */
  #wrong: Malformed | undefined;
  /** Nothing more is asked or answered. */
  #finishing = false;
  /** The client may still be sending when we are done. */
  #sending = false;
  #closed = false;
  /** Waits for what was read to be taken. */
  #woken: (() => void) | undefined;
  #advancing = false;
  /** How often the listener has looked since a head began or ended, or anything moved; and bytes moved by then. */
  #looks = 0;
  #moved = 0;
  #read = 0;

  constructor(conn: Deno.TcpConn, events: ConnectionEvents) {
    this.#conn = conn;
    this.#events = events;
    this.#ends = new ClientEnds(conn);
    this.output = new Output(conn, {
      pressure: (on) => this.#pressure(on),
      broken: () => this.#gone(),
    });
  }

  /** Whether the answer under way is the last one. */
  get closing(): boolean {
    // Nobody knows whether a body that is not asked for will come.
    return this.#last || this.#expects;
  }

  /** The present request is the last one. */
  shutdown(): void {
    this.#last = true;
    if (this.#reply === undefined) this.#finish();
  }

  /** Ends it where the client has been waited for too long. */
  look({ idle, head, stalled }: Patience): void {
    if (this.#closed) return;
    const moved = this.#read + this.output.written;
    this.#looks++;
    if (
      this.#reply !== undefined || this.#body !== undefined ||
      this.output.writing
    ) {
      if (!this.#waits || moved !== this.#moved) this.#looks = 0;
      if (this.#looks > stalled) this.#gone();
    } else if (this.#head.empty) {
      if (this.#looks > idle) this.#finish();
    } else if (this.#looks > head) {
      this.#refuse(new Malformed("a head that does not end", 408));
    }
    this.#moved = moved;
  }

  async run(): Promise<void> {
    while (!this.#closed) {
      let count: number | null;
      try {
        count = await this.#conn.read(this.#buffer);
      } catch {
        return this.#gone();
      }
      if (this.#closed) return;
      if (count === null) return this.#ended();
      this.#read += count;
      this.#end = count;
      this.#at = 0;
      this.#advance();
      if (this.#blocked) {
        await new Promise<void>((resolve) => this.#woken = resolve);
      }
      this.#fitBuffer();
    }
  }

  /** The answer was given. */
  replied(keepAlive: boolean): void {
    this.#reply = undefined;
    if (!keepAlive) this.#last = true;
    this.#body?.stop();
    if (this.#last) this.#finish();
    else this.#advance();
  }

  /** The answer is broken off; what was handed over of it is still written. */
  cut(): void {
    const begun = this.#reply?.begun;
    this.#reply = undefined;
    this.#body?.stop();
    // Whoever read the body has no answer to what was wrong with it, but the client is told.
    if (this.#wrong !== undefined && begun === false) this.#refuse(this.#wrong);
    else this.#finish();
  }

  /** Takes what was read as far as it can be. */
  #advance(): void {
    // What is said meanwhile is heard in the loop that is under way: nothing is taken twice, and no stack grows.
    if (this.#advancing) return;
    this.#advancing = true;
    while (this.#at < this.#end && !this.#closed) {
      if (this.#finishing) this.#at = this.#end;
      else if (this.#body !== undefined) {
        if (!this.#body.wanted) break;
        this.#takeBody(this.#body);
      } else if (this.#reply !== undefined || this.output.full) break;
      else this.#takeHead();
    }
    this.#advancing = false;
    this.#resume();
  }

  #takeHead(): void {
    let head: RequestHead;
    if (this.#head.empty) this.#looks = 0;
    try {
      const found = this.#head.take(this.#buffer, this.#at, true, this.#end);
      this.#at = found?.next ?? this.#end;
      // An empty line before a request is nothing (RFC 9112 §2.2).
      if (found === undefined || found.head.size <= 2) return;
      if (this.#first && isPreface(found.head)) return this.#handOver();
      this.#first = false;
      head = parseRequestHead(found.head);
    } catch (error) {
      return this.#refuse(error as Malformed);
    }
    const reply = new Http1Reply(this, head);
    this.#reply = reply;
    if (head.framing !== 0) this.#expectBody(head, head.framing);
    try {
      this.#events.handler(this.#incoming(head), reply);
    } catch (error) {
      this.#failed(error as Error);
    }
  }

  #incoming({ method, path, authority, minor, fields }: RequestHead): Incoming {
    return {
      method,
      path,
      authority,
      scheme: "http",
      headers: fields,
      facts: new HttpFacts(this.#ends, minor === 1 ? "HTTP/1.1" : "HTTP/1.0"),
      body: this.#body,
    };
  }

  #expectBody({ expects }: RequestHead, framing: number | "chunked"): void {
    this.#expects = expects;
    this.#body = new Http1Body(framing, {
      wake: () => this.#advance(),
      consent: () => this.#consent(),
    });
  }

  /** Somebody begins to read the body. */
  #consent(): void {
    // After an answer has begun, it would stand in the middle of that.
    if (!this.#expects || this.#reply?.begun !== false) return;
    this.#expects = false;
    if (this.#at === this.#end) this.output.write(CONTINUE);
  }

  #takeBody(body: Http1Body): void {
    this.#expects = false;
    try {
      this.#at = body.take(this.#buffer.subarray(0, this.#end), this.#at);
    } catch (error) {
      return this.#spoiled(body, error as Malformed);
    }
    if (body.done) this.#body = undefined;
    try {
      body.give();
    } catch (error) {
      return this.#failed(error as Error);
    }
    if (this.#reply === undefined && body.tooMuch) this.#finish();
  }

  /** What came is no request. */
  #refuse(error: Malformed): void {
    this.#sending = true;
    this.#answer(new Http1Reply(this, UNKNOWN), error);
  }

  /** What came is no body. */
  #spoiled(body: Http1Body, error: Malformed): void {
    this.#last = true;
    this.#wrong = error;
    body.broken();
    this.#settle(error);
  }

  /** An answerer threw, which it must not. */
  #failed({ message }: Error): void {
    this.#last = true;
    this.#body?.stop();
    this.#settle(new Malformed(`met an internal error: ${message}`, 500));
  }

  /** Ends what is under way. */
  #settle(error: Malformed): void {
    const reply = this.#reply;
    if (reply === undefined) this.#finish();
    else if (reply.begun) reply.reset();
    else this.#answer(reply, error);
  }

  #answer(reply: Http1Reply, { status, message }: Malformed): void {
    this.#last = true;
    const answer = errorAnswer(
      status,
      status === 500 ? message : `the request has ${message}`,
    );
    reply.whole(status, answer.headers, answer.body);
  }

  #pressure(on: boolean): void {
    this.#reply?.pressure(on);
    if (!on) this.#advance();
  }

  /** Whether what was read must be taken, or what was answered be written, before more is read. */
  get #blocked(): boolean {
    return !this.#closed && !this.#finishing &&
      (this.#at < this.#end || this.output.full);
  }

  #resume(): void {
    if (this.#woken === undefined || this.#blocked) return;
    this.#woken();
    this.#woken = undefined;
  }

  /** Whether it is the client who has to do something. */
  get #waits(): boolean {
    return this.output.writing || this.#body?.wanted === true;
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
    const rest = this.#buffer.subarray(this.#at, this.#end);
    const said = new Uint8Array(PREFACE_BYTES.length + rest.length);
    said.set(PREFACE_BYTES);
    said.set(rest, PREFACE_BYTES.length);
    this.#events.http2(this, this.#conn, said);
  }

  /** Nothing more is answered: closes when all was written, and the client could have read it. */
  #finish(): void {
    if (this.#closed) return;
    if (!this.#finishing) {
      this.#finishing = true;
      this.#sending ||= this.#body !== undefined ||
        this.#at < this.#end;
      this.#advance();
    }
    this.output.finish(() => {
      if (this.#closed) return;
      if (!this.#sending) return this.#close();
      // To close while it still sends would throw away what it has not read.
      this.#conn.closeWrite().catch(() => {});
      after(LAST_LOOK, () => this.#close());
    });
  }

  /** The client sends nothing more: what was answered is still for it, but it does not wait for more (as in Envoy). */
  #ended(): void {
    if (this.#reply !== undefined) return this.#gone();
    this.#body = undefined;
    this.#sending = false;
    this.#finish();
  }

  /** The client has broken off. */
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
