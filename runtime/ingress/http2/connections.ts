/** Clients that speak HTTP/2 without TLS, as gRPC's do. */
import type { Handler } from "../incoming.ts";

export class Http2Connections {
  readonly #handler: Handler;
  readonly #left: () => void;
  #open = 0;

  /** `left`: called when a connection is over. */
  constructor(handler: Handler, left: () => void) {
    this.#handler = handler;
    this.#left = left;
  }

  get size(): number {
    return this.#open;
  }

  take(conn: Deno.TcpConn, _said: Uint8Array): void {
    void this.#handler;
    conn.close();
    this.#left();
  }

  shutdown(): void {}
}
