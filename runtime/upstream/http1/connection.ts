/** One HTTP/1.1 connection: one exchange at a time, then the next. */
import type { Pair } from "../../http/fields.ts";
import { writeChunk, writeTrailers } from "../../http/write.ts";
import { joined } from "../../../proto/joined.ts";
import { packEnds } from "../ends.ts";
import { Failure } from "../failure.ts";
import { checkedTrailers, type RequestHead } from "../fields.ts";
import { type RequestStream, type ResponseSink, WINDOW } from "../stream.ts";
import { type Framing, writeHead } from "./request.ts";
import { ResponseReader } from "./response.ts";

/** Bytes read at once. */
const READ_SIZE = 32 * 1024;

export interface ConnectionEvents {
  /** The exchange is over and the connection may take another. */
  idle(connection: Http1Connection): void;
  closed(connection: Http1Connection): void;
}

export class Http1Connection {
  readonly #socket: Deno.Conn;
  readonly #ends: string | undefined;
  readonly #events: ConnectionEvents;
  #exchange: Exchange | undefined;
  #queue: Uint8Array[] = [];
  #writing = false;
  #closed = false;
  #resume: (() => void) | undefined;
  /** When the last exchange ended: `performance.now()`. */
  idleSince = 0;

  constructor(socket: Deno.Conn, events: ConnectionEvents) {
    this.#socket = socket;
    this.#ends = packEnds(socket.remoteAddr, socket.localAddr);
    this.#events = events;
    this.#read();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Begins an exchange; the one before is over.
   * @throws {Failure} `request`: nothing was sent.
   */
  start(head: RequestHead, end: boolean, sink: ResponseSink): RequestStream {
    const written = writeHead(head, end);
    if (this.#ends !== undefined) sink.connection?.(this.#ends);
    const exchange = new Exchange(this, head.method, sink, written, end);
    this.#exchange = exchange;
    this.write(written.bytes);
    return exchange;
  }

  /** Queues bytes; the present exchange's sink hears when body bytes among them left. */
  write(bytes: Uint8Array): void {
    this.#queue.push(bytes);
    if (!this.#writing) this.#pump();
  }

  /** The response was consumed: reading goes on. */
  resume(): void {
    this.#resume?.();
    this.#resume = undefined;
  }

  /** The exchange has nothing more to say or hear. */
  finished(exchange: Exchange, reusable: boolean): void {
    if (this.#exchange !== exchange) return;
    this.#exchange = undefined;
    if (!reusable || this.#closed) return this.close();
    this.idleSince = performance.now();
    this.#events.idle(this);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.resume();
    try {
      this.#socket.close();
    } catch {
      // The runtime may have closed it already.
    }
    this.#events.closed(this);
  }

  async #pump(): Promise<void> {
    this.#writing = true;
    // What is said in one go is written in one go.
    await undefined;
    try {
      while (this.#queue.length > 0 && !this.#closed) {
        const bytes = joined(this.#queue);
        this.#queue = [];
        for (let at = 0; at < bytes.length;) {
          at += await this.#socket.write(at === 0 ? bytes : bytes.subarray(at));
        }
        this.#exchange?.wrote();
      }
    } catch {
      // The reader hears why; an answer that came before the reset is still read.
    }
    this.#writing = false;
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(READ_SIZE);
    try {
      while (!this.#closed) {
        const count = await this.#socket.read(buffer);
        if (this.#closed) return;
        const exchange = this.#exchange;
        if (count === null) {
          exchange?.ended();
          break;
        }
        // Nobody asked for what comes now.
        if (!exchange) break;
        exchange.took(buffer.subarray(0, count));
        while (this.#exchange && this.#exchange.behind >= WINDOW) {
          await new Promise<void>((resolve) => this.#resume = resolve);
        }
      }
    } catch (error) {
      this.#exchange?.broke(
        error instanceof Failure
          ? error
          : new Failure("terminated", (error as Error).message),
      );
    }
    this.close();
  }
}

/** One request and its response. */
class Exchange implements RequestStream {
  readonly #connection: Http1Connection;
  readonly #reader: ResponseReader;
  readonly #sink: ResponseSink;
  readonly #framing: Framing;
  /** Body bytes that the announced length still wants. */
  #owed: number;
  #requestDone: boolean;
  /** Body bytes given to the connection, not yet written. */
  #queued = 0;
  #consumed = 0;
  #over = false;

  constructor(
    connection: Http1Connection,
    method: string,
    sink: ResponseSink,
    { framing, length }: { framing: Framing; length: number },
    end: boolean,
  ) {
    this.#connection = connection;
    this.#sink = sink;
    this.#reader = new ResponseReader(method, sink);
    this.#framing = framing;
    this.#owed = length;
    this.#requestDone = end;
  }

  /** Body bytes of the response that nobody consumed yet. */
  get behind(): number {
    return this.#reader.delivered - this.#consumed;
  }

  send(bytes: Uint8Array, end: boolean): void {
    if (this.#over || this.#requestDone) return;
    this.#queued += bytes.length;
    this.#requestDone = end;
    if (this.#framing === "chunked") {
      return this.#connection.write(writeChunk(bytes, end));
    }
    this.#owed -= bytes.length;
    if (this.#owed < 0 || end && this.#owed > 0) {
      return this.broke(
        new Failure(
          "request",
          "the request's body is not as long as its content-length says",
        ),
      );
    }
    if (bytes.length > 0) this.#connection.write(bytes);
    if (end) this.#settle();
  }

  trailers(fields: readonly Pair[]): void {
    // Without chunks there is no room for them.
    if (this.#framing !== "chunked" || fields.length === 0) {
      return this.send(new Uint8Array(0), true);
    }
    if (this.#over || this.#requestDone) return;
    try {
      const bytes = writeTrailers(checkedTrailers(fields));
      this.#requestDone = true;
      this.#connection.write(bytes);
    } catch (error) {
      this.broke(error as Failure);
    }
  }

  consumed(bytes: number): void {
    this.#consumed += bytes;
    if (this.behind < WINDOW) this.#connection.resume();
  }

  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#connection.finished(this, false);
  }

  wrote(): void {
    const sent = this.#queued;
    this.#queued = 0;
    if (sent > 0 && !this.#over) this.#sink.sent(sent);
  }

  /** @throws {Failure} what came is no response. */
  took(bytes: Uint8Array): void {
    this.#reader.take(bytes);
    this.#settle();
  }

  /** @throws {Failure} too early. */
  ended(): void {
    this.#reader.end();
    this.#settle();
  }

  broke(failure: Failure): void {
    if (this.#over) return;
    this.#over = true;
    if (!this.#reader.done) this.#sink.failed(failure);
    this.#connection.finished(this, false);
  }

  /** A response that is complete ends the exchange; a request that is not takes its connection with it. */
  #settle(): void {
    if (this.#over || !this.#reader.done) return;
    this.#over = true;
    this.#connection.finished(
      this,
      this.#requestDone && this.#reader.keepAlive,
    );
  }
}
