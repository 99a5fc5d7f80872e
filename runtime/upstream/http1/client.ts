/** Requests to one endpoint over its pool of HTTP/1.1 connections. */
import { DeferredRequest } from "../deferred.ts";
import type { Failure } from "../failure.ts";
import type { RequestHead } from "../fields.ts";
import type { RequestStream, ResponseSink } from "../stream.ts";
import type { Http1Connection } from "./connection.ts";
import { Http1Pool } from "./pool.ts";

export class Http1Client {
  readonly #pool: Http1Pool;

  /** @param connect gives a socket, or throws a `Failure`. */
  constructor(connect: () => Promise<Deno.Conn>) {
    this.#pool = new Http1Pool(connect);
  }

  get connections(): number {
    return this.#pool.size;
  }

  /**
   * Begins an exchange.
   * @param end no body and no trailers follow.
   * @throws {Failure} `request` or `overflow`; all else the sink is told.
   */
  start(head: RequestHead, end: boolean, sink: ResponseSink): RequestStream {
    const connection = this.#pool.take();
    if (!(connection instanceof Promise)) {
      return this.#startOn(connection, head, end, sink);
    }
    return new DeferredRequest(async (cancelled) => {
      const made = await connection;
      if (!cancelled()) return this.#startOn(made, head, end, sink);
      this.#pool.give(made);
    }, sink);
  }

  close(): void {
    this.#pool.close();
  }

  #startOn(
    connection: Http1Connection,
    head: RequestHead,
    end: boolean,
    sink: ResponseSink,
  ): RequestStream {
    try {
      return connection.start(head, end, sink);
    } catch (failure) {
      this.#pool.give(connection);
      throw failure as Failure;
    }
  }
}
