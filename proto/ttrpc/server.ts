/**
 * A ttrpc server: accepts connections and knows the methods.
 *
 * @module
 */

import { after, sleep } from "../after.ts";
import type { CallContext } from "./call.ts";
import type { Duplex } from "./channel.ts";
import { type Dispatcher, ServerConnection } from "./connection.ts";
import type { Method, Services } from "./method.ts";
import { Code, TtrpcError } from "./status.ts";

/** Pause after an accept that failed for want of file descriptors. */
const ACCEPT_RETRY_MS = 50;

/** Where connections come from; `Deno.Listener` is one. */
export interface Acceptor {
  accept(): Promise<Duplex>;
  close(): void;
}

/** How a server tells what nobody else is told. */
export interface ServerOptions {
  /**
   * Gets each error of a handler that is not a {@linkcode TtrpcError}; the
   * caller is told `Unknown` and its message. Without it they are dropped.
   */
  onHandlerError?(error: unknown, call: CallContext): void;
}

/** Serves any number of connections; calls of one run side by side. */
export class Server implements Dispatcher {
  readonly #services: Map<string, Map<string, Method>>;
  readonly #options: ServerOptions;
  readonly #connections = new Map<ServerConnection, Promise<void>>();
  readonly #acceptors = new Set<Acceptor>();
  #closing = false;

  constructor(services: Services, options: ServerOptions = {}) {
    this.#services = new Map(
      Object.entries(services).map((
        [name, methods],
      ) => [name, new Map(Object.entries(methods))]),
    );
    this.#options = options;
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Calls that are not answered yet, over all connections. */
  get calls(): number {
    let sum = 0;
    for (const connection of this.#connections.keys()) sum += connection.calls;
    return sum;
  }

  /**
   * Accepts and serves until `listener` is closed, `signal` aborts or
   * {@linkcode Server.shutdown} is called; resolves when the last connection
   * accepted here has ended. An abort closes these connections at once.
   *
   * @throws what `accept` throws for another reason than being closed.
   */
  async serve(
    listener: Acceptor,
    { signal }: { signal?: AbortSignal } = {},
  ): Promise<void> {
    const own = new Map<ServerConnection, Promise<void>>();
    const stop = () => {
      this.#stopAccepting(listener);
      for (const connection of own.keys()) connection.close();
    };
    this.#acceptors.add(listener);
    signal?.addEventListener("abort", stop);
    try {
      if (signal?.aborted || this.#closing) stop();
      while (this.#acceptors.has(listener)) {
        const duplex = await this.#accept(listener);
        if (duplex === undefined) continue;
        const connection = new ServerConnection(duplex, this);
        const done = this.#run(connection).then(() => {
          own.delete(connection);
        });
        own.set(connection, done);
      }
      await Promise.all(own.values());
    } finally {
      signal?.removeEventListener("abort", stop);
      this.#stopAccepting(listener);
    }
  }

  /** Serves one connection that is open already, until it ends. */
  serveConnection(duplex: Duplex): Promise<void> {
    return this.#run(new ServerConnection(duplex, this));
  }

  /**
   * Accepts no more, answers further calls with `Unavailable`, and closes each
   * connection when its last call is answered, all of them after `graceMs`.
   * Resolves when all have ended.
   */
  async shutdown({ graceMs = 1000 } = {}): Promise<void> {
    this.#closing = true;
    for (const listener of this.#acceptors) this.#stopAccepting(listener);
    for (const connection of this.#connections.keys()) connection.drain();
    const cancel = after(graceMs, () => {
      for (const connection of this.#connections.keys()) connection.close();
    });
    await Promise.all(this.#connections.values());
    cancel();
  }

  /** Part of {@linkcode Dispatcher}: the method of that name. */
  method(service: string, method: string): Method {
    const methods = this.#services.get(service);
    if (methods === undefined) {
      throw new TtrpcError(Code.Unimplemented, `service ${service}`);
    }
    const found = methods.get(method);
    if (found === undefined) {
      throw new TtrpcError(Code.Unimplemented, `method ${method}`);
    }
    return found;
  }

  /** Part of {@linkcode Dispatcher}: passes on a handler's error. */
  report(error: unknown, call: CallContext): void {
    this.#options.onHandlerError?.(error, call);
  }

  #run(connection: ServerConnection): Promise<void> {
    if (this.#closing) connection.drain();
    // A connection that broke is one that ended: nobody is left to tell.
    const done = connection.run().catch(() => {}).then(() => {
      this.#connections.delete(connection);
    });
    this.#connections.set(connection, done);
    return done;
  }

  /** The next connection, or `undefined` after a failure that will pass. */
  async #accept(listener: Acceptor): Promise<Duplex | undefined> {
    try {
      return await listener.accept();
    } catch (error) {
      if (!this.#acceptors.has(listener)) return undefined;
      if (
        error instanceof Deno.errors.BadResource ||
        error instanceof Deno.errors.Interrupted
      ) {
        this.#acceptors.delete(listener);
        return undefined;
      }
      if (error instanceof Deno.errors.ConnectionAborted) return undefined;
      if (!isOutOfDescriptors(error)) throw error;
      await sleep(ACCEPT_RETRY_MS);
      return undefined;
    }
  }

  #stopAccepting(listener: Acceptor): void {
    if (!this.#acceptors.delete(listener)) return;
    try {
      listener.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error;
    }
  }
}

/** Whether an accept failed with EMFILE or ENFILE, which pass by themselves. */
function isOutOfDescriptors(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "EMFILE" || code === "ENFILE";
}
