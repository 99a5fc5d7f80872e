/**
 * Where an HTTP listener comes from: today always opened by ourselves, in the network namespace we are in. Handed-over
 * sockets (DESIGN, decision 14) will come in here, and nowhere else.
 */
import { after } from "../../proto/after.ts";
import { acceptAll, listenTcp } from "./accept.ts";
import { type ConnectionEvents, Http1Connection } from "./http1/connection.ts";
import { Http2Connections } from "./http2/connections.ts";
import type { Handler } from "./incoming.ts";

/** Connections open at a time; more wait in the kernel. */
const MAX_CONNECTIONS = 10_000;
/** Milliseconds between two looks at connections that wait for a request. */
const LOOK = 30_000;
/** An hour, a minute and five, as in Envoy. */
const PATIENCE = { idle: 120, head: 2, stalled: 10 };

export interface Listener {
  port: number;
  /** Stops listening. Resolves when the requests under way were answered, however long that takes. */
  close(): Promise<void>;
}

/**
 * `shared`: other isolates listen on the same address, and the kernel spreads connections over them. `most`: connections
 * open at a time.
 * @throws {Error} naming the address when it cannot be had.
 */
export function openListener(
  hostname: string,
  port: number,
  handler: Handler,
  shared = false,
  most = MAX_CONNECTIONS,
): Listener {
  const listener = listenTcp(hostname, port, shared);
  const connections = new Connections(handler, most);
  acceptAll(listener, (conn) => connections.take(conn));
  let closing: Promise<void> | undefined;
  const close = () => {
    listener.close();
    return connections.shutdown();
  };
  return {
    port: listener.addr.port,
    close: () => closing ??= close(),
  };
}

class Connections implements ConnectionEvents {
  readonly #open = new Set<Http1Connection>();
  readonly #http2: Http2Connections;
  #room: (() => void) | undefined;
  #looking = false;
  #ended: (() => void) | undefined;

  constructor(readonly handler: Handler, readonly most: number) {
    this.#http2 = new Http2Connections(handler, () => this.#left());
  }

  take(conn: Deno.TcpConn): Promise<void> | undefined {
    // Accepted just before the listener was closed.
    if (this.#ended !== undefined) return void conn.close();
    // What is answered in parts goes out as it comes.
    conn.setNoDelay(true);
    const connection = new Http1Connection(conn, this);
    this.#open.add(connection);
    connection.run();
    if (!this.#looking) this.#look();
    if (this.#size < this.most) return undefined;
    return new Promise((resolve) => this.#room = resolve);
  }

  http2(
    connection: Http1Connection,
    conn: Deno.TcpConn,
    said: Uint8Array,
  ): void {
    this.#open.delete(connection);
    this.#http2.take(conn, said);
  }

  closed(connection: Http1Connection): void {
    this.#open.delete(connection);
    this.#left();
  }

  /** Resolves when all are closed; those that answer do so first. */
  shutdown(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#ended = resolve;
    for (const connection of [...this.#open]) connection.shutdown();
    this.#http2.shutdown();
    this.#left();
    return promise;
  }

  get #size(): number {
    return this.#open.size + this.#http2.size;
  }

  #left(): void {
    this.#room?.();
    this.#room = undefined;
    if (this.#size === 0) this.#ended?.();
  }

  /** Ends connections that only take up room. */
  #look(): void {
    this.#looking = true;
    after(LOOK, () => {
      for (const connection of [...this.#open]) {
        connection.look(PATIENCE);
      }
      this.#http2.look(PATIENCE.idle);
      if (this.#size > 0) this.#look();
      else this.#looking = false;
    });
  }
}
