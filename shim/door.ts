/** The daemon's listening socket, which notices who only knocks. */
import type { Acceptor, Duplex } from "../proto/ttrpc/mod.ts";

/**
 * Listens for ttrpc. A `start` that looks whether a daemon is there connects and says nothing: after that a container
 * will come, and the daemon must not leave just then.
 */
export class Door implements Acceptor {
  readonly #listener: Deno.UnixListener;
  readonly #onKnock: () => void;

  /** @param onKnock called when a connection ended that never said anything. */
  constructor(listener: Deno.UnixListener, onKnock: () => void) {
    this.#listener = listener;
    this.#onKnock = onKnock;
  }

  async accept(): Promise<Duplex> {
    const connection = await this.#listener.accept();
    let silent = true;
    return {
      read: async (buffer) => {
        const count = await connection.read(buffer);
        if (count === null && silent) this.#onKnock();
        silent = false;
        return count;
      },
      write: (bytes) => connection.write(bytes),
      close: () => connection.close(),
    };
  }

  /**
   * Does nothing: the daemon unlinks its socket itself, while it holds the lock. Deno unlinks the path of a listener
   * some time after it was closed, and by then another daemon may listen there.
   */
  close(): void {}
}
