/** The HTTP/1.1 connections to one endpoint. */
import { Failure } from "../failure.ts";
import { Http1Connection } from "./connection.ts";

/** Connections to one endpoint, and requests that wait for one: Envoy's defaults. */
const LIMITS = { connections: 1024, waiting: 1024 };
/** How long a connection may stand unused, and how often that is looked at: milliseconds. */
const IDLE = 60_000;
const SWEEP = 15_000;

type Waiting = {
  resolve: (connection: Http1Connection) => void;
  reject: (failure: Failure) => void;
};

export class Http1Pool {
  readonly #connect: () => Promise<Deno.Conn>;
  readonly #limits: typeof LIMITS;
  readonly #all = new Set<Http1Connection>();
  /** The last one used is taken first, so that what is not needed grows old. */
  readonly #idle: Http1Connection[] = [];
  readonly #waiting: Waiting[] = [];
  #connecting = 0;
  #sweeper: ReturnType<typeof setInterval> | undefined;
  #closed = false;

  /** @param connect gives a socket, or throws a `Failure`. */
  constructor(connect: () => Promise<Deno.Conn>, limits = LIMITS) {
    this.#connect = connect;
    this.#limits = limits;
  }

  /** Open connections. */
  get size(): number {
    return this.#all.size;
  }

  /** A connection for one exchange, at once where one is idle. @throws {Failure} */
  take(): Http1Connection | Promise<Http1Connection> {
    const idle = this.#idle.pop();
    if (idle) return idle;
    const { connections, waiting } = this.#limits;
    if (this.#all.size + this.#connecting < connections) {
      return this.#open();
    }
    if (this.#waiting.length >= waiting) {
      throw new Failure(
        "overflow",
        `${connections} connections are busy and ${waiting} requests wait`,
      );
    }
    return new Promise((resolve, reject) =>
      this.#waiting.push({ resolve, reject })
    );
  }

  /** Gives back a connection that was taken and not used. */
  give(connection: Http1Connection): void {
    if (!connection.closed) this.#becameIdle(connection);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#sweeper);
    for (const connection of [...this.#all]) connection.close();
    const failure = new Failure("terminated", "the host is stopping");
    for (const { reject } of this.#waiting.splice(0)) reject(failure);
  }

  async #open(): Promise<Http1Connection> {
    this.#connecting++;
    let socket: Deno.Conn;
    try {
      socket = await this.#connect();
    } finally {
      this.#connecting--;
    }
    const connection = new Http1Connection(socket, {
      idle: (connection) => this.#becameIdle(connection),
      closed: (connection) => this.#gone(connection),
    });
    this.#all.add(connection);
    if (this.#closed) {
      connection.close();
      throw new Failure("terminated", "the host is stopping");
    }
    this.#sweeper ??= this.#startSweeper();
    return connection;
  }

  #becameIdle(connection: Http1Connection): void {
    const next = this.#waiting.shift();
    if (next) next.resolve(connection);
    else this.#idle.push(connection);
  }

  #gone(connection: Http1Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (this.#all.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
    const next = this.#waiting.shift();
    if (next && !this.#closed) this.#open().then(next.resolve, next.reject);
  }

  #startSweeper(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => {
      const limit = performance.now() - IDLE;
      for (const connection of [...this.#idle]) {
        if (connection.idleSince < limit) connection.close();
      }
    }, SWEEP);
    Deno.unrefTimer(timer);
    return timer;
  }
}
