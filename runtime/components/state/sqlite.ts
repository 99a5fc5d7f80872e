/**
 * The state store `sqlite`: a file in the data folder, no server. Reads are made here, on a read-only connection (4 µs, no
 * wait: a reader of a WAL database waits for no writer); writes in a worker, each on disk when it resolves.
 */
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { StoreContext } from "./registry.ts";
import { explain, FILE_NAME, isBusy, readVersion } from "./sqlite_file.ts";
import type { WriteOperation } from "./sqlite_messages.ts";
import { SqliteWriter } from "./sqlite_writer.ts";
import { type StateStore, StoreError } from "./store.ts";

/** How often and how long apart a read is tried while another process holds the whole file, milliseconds. */
const TRIES = 20;
const BETWEEN_TRIES = 25;

/** How long a failed write is held against the store's health, milliseconds. */
const FAILURE_MEMORY = 10_000;

/** Greatest value, bytes. */
const MAX_VALUE = 32 * 1024 * 1024;

/**
 * Opens the store `name` in the data folder. The file is made by the first write.
 * @throws {StoreError} there is a file and it is damaged, unreadable or of a newer version.
 */
export async function openSqlite(
  { name, data }: StoreContext,
): Promise<StateStore> {
  const file = SqliteFile.at(`${data}/${FILE_NAME}`);
  try {
    await file.check();
  } catch (error) {
    await file.release();
    throw error;
  }
  return new SqliteStore(name, file);
}

class SqliteStore implements StateStore {
  #name: string;
  #file: SqliteFile;

  constructor(name: string, file: SqliteFile) {
    this.#name = name;
    this.#file = file;
  }

  get(key: string): ReturnType<StateStore["get"]> {
    return this.#file.read(this.#name, key);
  }

  async set(key: string, value: Uint8Array): Promise<void> {
    await this.#write("set", key, value);
  }

  setIfAbsent(key: string, value: Uint8Array): Promise<boolean> {
    return this.#write("setIfAbsent", key, value);
  }

  async delete(key: string): Promise<void> {
    await this.#write("delete", key);
  }

  health(): Promise<string | undefined> {
    return this.#file.health();
  }

  close(): Promise<void> {
    return this.#file.release();
  }

  async #write(
    op: WriteOperation["op"],
    key: string,
    value?: Uint8Array,
  ): Promise<boolean> {
    if (value && value.length > MAX_VALUE) {
      throw new StoreError(
        `state store ${this.#name}: found a value of ${value.length} bytes, expected at most ${MAX_VALUE}`,
      );
    }
    return await this.#file.write({ op, store: this.#name, key, value });
  }
}

/** One file, shared by all stores of one data folder in this process. */
class SqliteFile {
  static #open = new Map<string, SqliteFile>();

  /** The file at `path`; each taker releases it once. */
  static at(path: string): SqliteFile {
    let file = SqliteFile.#open.get(path);
    if (!file) {
      file = new SqliteFile(path);
      SqliteFile.#open.set(path, file);
    }
    file.#users++;
    return file;
  }

  #path: string;
  #users = 0;
  #reader: { db: DatabaseSync; get: StatementSync } | undefined;
  #writer: SqliteWriter;
  #failure: { message: string; at: number } | undefined;

  private constructor(path: string) {
    this.#path = path;
    this.#writer = new SqliteWriter(path);
  }

  /** @throws {StoreError} the file is there and cannot serve. */
  async check(): Promise<void> {
    await this.#patiently(() => this.#openReader());
  }

  read(store: string, key: string): ReturnType<StateStore["get"]> {
    try {
      return this.#get(store, key);
    } catch (error) {
      if (!isBusy(error)) return Promise.reject(this.#failed(error));
    }
    return this.#patiently(() => this.#get(store, key));
  }

  async write(operation: WriteOperation): Promise<boolean> {
    try {
      const changed = await this.#writer.write(operation);
      this.#failure = undefined;
      return changed;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      this.#failure = { message, at: Date.now() };
      throw error;
    }
  }

  async health(): Promise<string | undefined> {
    if (this.#failure && Date.now() - this.#failure.at < FAILURE_MEMORY) {
      return this.#failure.message;
    }
    try {
      await this.read("", "");
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  async release(): Promise<void> {
    if (--this.#users > 0) return;
    SqliteFile.#open.delete(this.#path);
    this.#closeReader();
    await this.#writer.close();
  }

  #get(store: string, key: string): Uint8Array | undefined {
    const row = this.#openReader()?.get.get(store, key);
    return row?.value as Uint8Array | undefined;
  }

  /** The read-only connection; undefined while there is no file, or one that nobody has set up. */
  #openReader() {
    if (this.#reader) return this.#reader;
    // SQLite itself would make an error of it that says less.
    if (!exists(this.#path)) return undefined;
    const db = new DatabaseSync(this.#path, { readOnly: true });
    try {
      if (readVersion(db) === 0) {
        db.close();
        return undefined;
      }
      this.#reader = {
        db,
        get: db.prepare("SELECT value FROM state WHERE store = ? AND key = ?"),
      };
      return this.#reader;
    } catch (error) {
      db.close();
      throw error;
    }
  }

  #closeReader(): void {
    this.#reader?.db.close();
    this.#reader = undefined;
  }

  /** `attempt`, again while another process holds the whole file. */
  async #patiently<T>(attempt: () => T): Promise<T> {
    for (let i = 1;; i++) {
      try {
        return attempt();
      } catch (error) {
        if (!isBusy(error) || i === TRIES) throw this.#failed(error);
      }
      await new Promise((resolve) => setTimeout(resolve, BETWEEN_TRIES));
    }
  }

  /** The next read opens the file anew: it may have been put back meanwhile. */
  #failed(error: unknown): StoreError {
    this.#closeReader();
    return new StoreError(explain(this.#path, error));
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
