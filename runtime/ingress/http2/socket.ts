/** A TCP connection as `node:http2` wants it: it reads no faster than the client does. */
import type { Duplex } from "node:stream";
import { after } from "../../../proto/after.ts";
import { Output } from "../http1/output.ts";

/** Bytes read at once. */
const READ = 16 * 1024;
/** Milliseconds between the last byte written and the end, so that the client can still read it. */
const LAST_LOOK = 1000;

export interface SocketEvents {
  /** Whether what is written has to be read first. */
  pressure(on: boolean): void;
}

export class Socket {
  readonly duplex: Duplex;
  readonly #conn: Deno.TcpConn;
  readonly #events: SocketEvents;
  readonly #output: Output;
  readonly #buffer = new Uint8Array(READ);
  /** More is asked for than may be read at present. */
  #wanted = false;

  /** `said`: what was read of it so far. */
  constructor(
    DuplexClass: typeof Duplex,
    conn: Deno.TcpConn,
    said: Uint8Array,
    events: SocketEvents,
  ) {
    this.#conn = conn;
    this.#events = events;
    this.#output = new Output(conn, {
      pressure: (on) => this.#pressure(on),
      broken: () => this.duplex.destroy(),
    });
    this.duplex = new DuplexClass({
      read: () => this.#read(),
      // Output does the waiting, and the putting together of frames.
      write: (bytes: Uint8Array, _encoding, done) => {
        this.#output.write(bytes);
        done();
      },
      final: (done) => this.#finish(done),
      destroy: (error, done) => {
        close(conn);
        done(error);
      },
    });
    // Whoever uses it hears of that by its end.
    this.duplex.on("error", () => {});
    this.duplex.push(said);
  }

  /** Whether what was written has to be read first. */
  get full(): boolean {
    return this.#output.full;
  }

  async #read(): Promise<void> {
    // Else a client that never reads could fill our memory by what it wants answered: pings, settings.
    if (this.#output.full) {
      this.#wanted = true;
      return;
    }
    try {
      const count = await this.#conn.read(this.#buffer);
      if (count === null) this.duplex.destroy();
      else this.duplex.push(this.#buffer.slice(0, count));
    } catch {
      this.duplex.destroy();
    }
  }

  #pressure(on: boolean): void {
    if (!on && this.#wanted) {
      this.#wanted = false;
      this.#read();
    }
    this.#events.pressure(on);
  }

  #finish(done: () => void): void {
    this.#output.finish(() => {
      // To close while the client still sends would throw away what it has not read.
      this.#conn.closeWrite().catch(() => {});
      after(LAST_LOOK, () => this.duplex.destroy());
      done();
    });
  }
}

function close(conn: Deno.TcpConn): void {
  try {
    conn.close();
  } catch { /* It was closed already. */ }
}
