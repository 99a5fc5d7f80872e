/** Clients that speak HTTP/2 without TLS, as gRPC's do. */
import type { Handler } from "../incoming.ts";
import { Http2Connection } from "./connection.ts";
import { layer } from "./layer.ts";

export class Http2Connections {
  readonly #handler: Handler;
  readonly #left: () => void;
  readonly #open = new Set<Http2Connection>();
  /** Connections that wait for `node:http2`. */
  #waiting = 0;
  #closing = false;

  /** `left`: called when a connection is over. */
  constructor(handler: Handler, left: () => void) {
    this.#handler = handler;
    this.#left = left;
  }

  get size(): number {
    return this.#open.size + this.#waiting;
  }

  /** `said`: what was read of it so far, HTTP/2's preface. */
  async take(conn: Deno.TcpConn, said: Uint8Array): Promise<void> {
    this.#waiting++;
    try {
      const node = await layer();
      const connection: Http2Connection = new Http2Connection(
        node,
        conn,
        said,
        this.#handler,
        () => {
          this.#open.delete(connection);
          this.#left();
        },
      );
      this.#open.add(connection);
      this.#waiting--;
      if (this.#closing) connection.shutdown();
    } catch {
      this.#waiting--;
      close(conn);
      this.#left();
    }
  }

  /** Requests under way are still answered. */
  shutdown(): void {
    this.#closing = true;
    for (const connection of [...this.#open]) connection.shutdown();
  }

  /** Ends connections where nothing has been asked for `idle` looks. */
  look(idle: number): void {
    for (const connection of [...this.#open]) connection.look(idle);
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch { /* It was closed already. */ }
}
