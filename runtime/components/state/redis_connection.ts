/** One connection to a Redis server that comes back by itself. */
import { createClient, ErrorReply, RESP_TYPES } from "@redis/client";
import { Buffer } from "node:buffer";
import type { Logger } from "../../log.ts";
import { StoreError } from "./store.ts";

/** How long an attempt to connect and a command may take, milliseconds. */
const CONNECT_PATIENCE = 1000;
const COMMAND_PATIENCE = 1000;

/** Waits between attempts, the first of which comes at once: doubled from the first to the last, and up to a fifth longer by chance; milliseconds. */
const FIRST_WAIT = 50;
const LONGEST_WAIT = 2000;

/** Commands under way; more are refused at once. */
const MAX_COMMANDS = 10_000;

export interface RedisOptions {
  host: string;
  port: number;
  password?: string;
  database: number;
  tls?: { verify: boolean };
  /** The component's name, for errors. */
  store: string;
  log: Logger;
}

/** What a command answered; an error is the server's. */
export type Reply = Buffer | string | number | null | Error;

type Client = ReturnType<typeof makeClient>;

export class RedisConnection {
  /** Settles, and never rejects, when the first attempt came to an end. */
  readonly firstAttempt: Promise<void>;

  #options: RedisOptions;
  #client: Client | undefined;
  #attempt: Promise<void> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  /** Why there is no connection; undefined while there is one. */
  #reason: string | undefined = "not connected yet";
  #closed = false;

  constructor(options: RedisOptions) {
    this.#options = options;
    this.firstAttempt = this.#connect();
  }

  /**
   * Sends commands in one packet and gives their replies in order.
   * @throws {StoreError} no connection, or no reply in time.
   */
  async run(commands: (string | Buffer)[][]): Promise<Reply[]> {
    if (!this.#client && this.#attempt) await this.#attempt;
    const client = this.#client;
    if (!client) throw this.failure(this.#reason ?? "closed");
    const replies = commands.map((command) => send(client, command));
    try {
      return await within(COMMAND_PATIENCE, Promise.all(replies));
    } catch (error) {
      // What is under way may come late or never; the next command must not wait behind it.
      this.#lost(client, asError(error).message);
      // Where the connection was lost before, that says why; the client says only that it was ended.
      throw this.failure(this.#reason ?? asError(error).message);
    }
  }

  /** An error that names the store and the server; never the password. */
  failure(reason: string): StoreError {
    const { store, host, port } = this.#options;
    return new StoreError(
      `state store ${store} (redis at ${host}:${port}): ${reason}`,
    );
  }

  close(): void {
    this.#closed = true;
    this.#reason = "closed";
    clearTimeout(this.#retry);
    const client = this.#client;
    this.#client = undefined;
    if (client) destroy(client);
  }

  #connect(): Promise<void> {
    this.#attempt = this.#tryOnce().finally(() => this.#attempt = undefined);
    return this.#attempt;
  }

  async #tryOnce(): Promise<void> {
    const client = makeClient(this.#options);
    try {
      // Without a listener an 'error' event would end the process.
      client.on(
        "error",
        (error: unknown) => this.#lost(client, asError(error).message),
      );
      await within(CONNECT_PATIENCE, greet(client));
      if (this.#closed) return destroy(client);
      this.#client = client;
      this.#found();
    } catch (error) {
      destroy(client);
      this.#missing(asError(error).message);
    }
  }

  #found(): void {
    const { host, port, log } = this.#options;
    if (this.#failures > 0) log.info("redis answers again", { host, port });
    this.#failures = 0;
    this.#reason = undefined;
  }

  #lost(client: Client, reason: string): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    destroy(client);
    this.#missing(reason);
  }

  #missing(reason: string): void {
    if (this.#closed) return;
    const { host, port, log } = this.#options;
    this.#reason = reason;
    if (this.#failures++ === 0) {
      log.warn("redis does not answer; it is tried again until it does", {
        host,
        port,
        reason,
      });
    }
    const wait = this.#failures === 1
      ? 0
      : Math.min(FIRST_WAIT * 2 ** (this.#failures - 2), LONGEST_WAIT);
    clearTimeout(this.#retry);
    this.#retry = setTimeout(
      () => this.#connect(),
      wait * (1 + Math.random() / 5),
    );
  }
}

const REPLIES_AS_BYTES = {
  typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer },
};

function makeClient(options: RedisOptions) {
  const { host, port, password, database, tls } = options;
  const common = {
    host,
    port,
    connectTimeout: CONNECT_PATIENCE,
    // We come back ourselves: the client's own way waits without end for a server that accepts and says nothing.
    reconnectStrategy: false as const,
  };
  return createClient({
    // RESP 3 begins with HELLO, which Redis before 6 does not know.
    RESP: 2,
    password,
    database,
    disableOfflineQueue: true,
    disableClientInfo: true,
    commandsQueueMaxLength: MAX_COMMANDS,
    socket: tls
      ? { ...common, tls: true as const, rejectUnauthorized: tls.verify }
      : common,
  });
}

/**
 * Connects and asks for a sign of life: a server that wants a password, has too many clients or still loads its data
 * accepts the connection all the same.
 */
async function greet(client: Client): Promise<void> {
  await client.connect();
  const reply = await send(client, ["PING"]);
  // A user who may do no PING may still do the rest.
  if (reply instanceof Error && !reply.message.startsWith("NOPERM")) {
    throw reply;
  }
}

/** A command's reply, the server's errors among them; rejects where the connection failed. */
async function send(
  client: Client,
  command: (string | Buffer)[],
): Promise<Reply> {
  try {
    return await client.sendCommand<Reply>(command, REPLIES_AS_BYTES);
  } catch (error) {
    if (error instanceof ErrorReply) return error;
    throw error;
  }
}

/** Ends a client in whatever state it is. */
function destroy(client: Client): void {
  try {
    client.destroy();
  } catch {
    // It was closed already.
  }
}

async function within<T>(patience: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${patience} ms`)),
    patience,
  );
  work.catch(() => {});
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
  }
}

function asError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  // A refused connection to a name with several addresses is an AggregateError without a text.
  if (error.message === "" && error instanceof AggregateError) {
    return new Error(error.errors.map((e) => asError(e).message).join(", "));
  }
  return error;
}
