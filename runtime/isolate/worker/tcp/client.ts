/** A client's TCP connection: reads no faster than it may, writes in order and says when too much waits. */

/** Bytes that wait for a slow client before their source has to. */
const WINDOW = 256 * 1024;
const READ_SIZE = 64 * 1024;

export interface TcpClientEvents {
  /** With `end` the client will send nothing more. */
  data(bytes: Uint8Array, end: boolean): void;
  /** The connection broke. */
  broken(): void;
  /** Whether what is written is to wait. */
  pressure(on: boolean): void;
}

export class TcpClient {
  readonly #conn: Deno.TcpConn;
  readonly #events: TcpClientEvents;
  #queue: (Uint8Array | "end")[] = [];
  #waiting = 0;
  #writing = false;
  #pressed = false;
  #closed = false;
  #held: PromiseWithResolvers<void> | undefined;

  constructor(conn: Deno.TcpConn, events: TcpClientEvents) {
    this.#conn = conn;
    this.#events = events;
  }

  /** Reads until the end. */
  async read(): Promise<void> {
    try {
      while (!this.#closed) {
        if (this.#held !== undefined) await this.#held.promise;
        const buffer = new Uint8Array(READ_SIZE);
        const size = await this.#conn.read(buffer);
        if (this.#closed) return;
        if (size === null) {
          return this.#events.data(buffer.subarray(0, 0), true);
        }
        this.#events.data(buffer.subarray(0, size), false);
      }
    } catch {
      if (!this.#closed) this.#events.broken();
    }
  }

  /** Reading waits, or goes on. */
  hold(on: boolean): void {
    if (on) this.#held ??= Promise.withResolvers();
    else {
      this.#held?.resolve();
      this.#held = undefined;
    }
  }

  /** Writes after what was written before; `end` closes this direction. */
  write(bytes: Uint8Array, end: boolean): void {
    if (this.#closed) return;
    if (bytes.length > 0) this.#queue.push(bytes);
    if (end) this.#queue.push("end");
    this.#waiting += bytes.length;
    this.#press();
    if (!this.#writing) this.#write();
  }

  /** Closes once what was written has gone out. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.hold(false);
    while (this.#writing) await new Promise((done) => setTimeout(done, 1));
    try {
      this.#conn.close();
    } catch {
      // The other end was faster.
    }
  }

  async #write(): Promise<void> {
    this.#writing = true;
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        if (next === "end") await this.#conn.closeWrite();
        else {
          await writeAll(this.#conn, next);
          this.#waiting -= next.length;
          this.#press();
        }
      }
    } catch {
      this.#queue = [];
      if (!this.#closed) this.#events.broken();
    } finally {
      this.#writing = false;
    }
  }

  #press(): void {
    const pressed = this.#waiting >= WINDOW;
    if (pressed === this.#pressed) return;
    this.#pressed = pressed;
    this.#events.pressure(pressed);
  }
}

async function writeAll(conn: Deno.TcpConn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await conn.write(bytes.subarray(at));
  }
}
