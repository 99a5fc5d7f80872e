/**
 * The state store `redis`, in the data layout of Layotto's: a hash with the fields `data` and `version`; plain strings are
 * read too. A server that does not answer fails each call within a second, is told once in the log, and is tried again
 * until it is back.
 */
import { Buffer } from "node:buffer";
import type { StoreConfig } from "../../config/config.ts";
import { parseHostPort } from "../../config/stores.ts";
import { RedisConnection, type Reply } from "./redis_connection.ts";
import type { StoreContext } from "./registry.ts";
import { type StateStore, StoreError } from "./store.ts";

/**
 * Sets a record. A key of another type is replaced, and `version` counts the writes; one that somebody guards with
 * `first-write` is left alone, as Layotto leaves it. One script, so that no reader sees half of it.
 */
const SET_SCRIPT = `
local key, value, only_new = KEYS[1], ARGV[1], ARGV[2] == "1"
local kind = redis.call("TYPE", key).ok
if only_new and kind ~= "none" then return 0 end
if kind ~= "hash" and kind ~= "none" then redis.call("DEL", key) end
if kind == "hash" and redis.call("HEXISTS", key, "first-write") == 1 then
  return redis.error_reply("the record may be written once only")
end
redis.call("HSET", key, "data", value)
redis.call("HINCRBY", key, "version", 1)
return 1
`;

/**
 * Opens a connection and waits for its first attempt, at most a second. A server that is down is no error here.
 * @param config of type `redis`; `redisHost` was checked when the configuration was read.
 */
export async function openRedis(
  config: StoreConfig,
  context: StoreContext,
): Promise<StateStore> {
  const { metadata } = config;
  const address = parseHostPort(metadata.redisHost ?? "");
  if (!address) {
    throw new StoreError(
      `${config.place}: found no redisHost, expected "host:port"`,
    );
  }
  const connection = new RedisConnection({
    host: address.host || "localhost",
    port: address.port,
    password: metadata.redisPassword || undefined,
    database: Number(metadata.db || 0),
    tls: metadata.enableTLS === "true"
      ? { verify: metadata.tlsSkipVerify !== "true" }
      : undefined,
    store: context.name,
    log: context.log,
  });
  await connection.firstAttempt;
  return new RedisStore(connection);
}

class RedisStore implements StateStore {
  #connection: RedisConnection;

  constructor(connection: RedisConnection) {
    this.#connection = connection;
  }

  /** One round trip for either layout: of the two commands the one for the other type fails with WRONGTYPE. */
  async get(key: string): Promise<Uint8Array | undefined> {
    const [field, plain] = await this.#connection.run([
      ["HGET", key, "data"],
      ["GET", key],
    ]);
    const value = bytesOf(field) ?? bytesOf(plain);
    if (value) return value;
    for (const reply of [field, plain]) {
      if (reply instanceof Error && !isWrongType(reply)) {
        throw this.#connection.failure(reply.message);
      }
    }
    if (plain instanceof Error) {
      throw this.#connection.failure(
        `found a key that is neither a string nor a hash with a field "data"`,
      );
    }
    return undefined;
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    await this.#set(key, value, "0");
  }

  async setIfAbsent(key: string, value: Uint8Array): Promise<boolean> {
    return await this.#set(key, value, "1") === 1;
  }

  async delete(key: string): Promise<void> {
    await this.#one(["DEL", key]);
  }

  async health(): Promise<string | undefined> {
    try {
      await this.#one(["PING"]);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  #set(key: string, value: Uint8Array, onlyNew: string): Promise<Reply> {
    // A copy: the bytes are sent later than this returns.
    return this.#one([
      "EVAL",
      SET_SCRIPT,
      "1",
      key,
      Buffer.from(value),
      onlyNew,
    ]);
  }

  async #one(command: (string | Buffer)[]): Promise<Reply> {
    const [reply] = await this.#connection.run([command]);
    if (reply instanceof Error) throw this.#connection.failure(reply.message);
    return reply ?? null;
  }
}

/** The bytes of a reply, in an array of their own: a reply may be a window on a large network buffer. */
function bytesOf(reply: Reply | undefined): Uint8Array | undefined {
  return reply instanceof Uint8Array ? new Uint8Array(reply) : undefined;
}

function isWrongType(error: Error): boolean {
  return error.message.startsWith("WRONGTYPE");
}
