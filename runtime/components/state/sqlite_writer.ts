/**
 * The main isolate's end of the SQLite worker. Writes that arrive while one transaction is on its way to the disk go
 * together in the next, so many clients share one wait.
 */
import { workerUrl } from "../../self.ts";
import type {
  FromWriter,
  ToWriter,
  WriteOperation,
} from "./sqlite_messages.ts";
import { StoreError } from "./store.ts";

/** Bytes of values that may wait for the disk; further writes are refused. */
const MAX_WAITING = 64 * 1024 * 1024;

/** Operations in one transaction. */
const MAX_BATCH = 1000;

/** How long closing waits for the worker, milliseconds. */
const CLOSE_PATIENCE = 2000;

interface Waiting {
  operation: WriteOperation;
  resolve(changed: boolean): void;
  reject(error: StoreError): void;
}

/** Writes one file, in a worker that starts with the first write. */
export class SqliteWriter {
  #file: string;
  #worker: Worker | undefined;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #running: Promise<void> | undefined;
  #answer: PromiseWithResolvers<FromWriter> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Resolves when `operation` is on disk, with whether it changed anything.
   * @throws {StoreError}
   */
  write(operation: WriteOperation): Promise<boolean> {
    const size = operation.value?.length ?? 0;
    if (this.#waitingBytes + size > MAX_WAITING) {
      return Promise.reject(
        new StoreError(
          `embedded store ${this.#file}: found ${this.#waitingBytes} bytes waiting for the disk, which is the most there may be; the disk is too slow for what is written`,
        ),
      );
    }
    this.#waitingBytes += size;
    return new Promise((resolve, reject) => {
      // A copy: the caller's bytes may change while they wait.
      const { value } = operation;
      const kept = { ...operation, value: value?.slice() };
      this.#waiting.push({ operation: kept, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Writes what waits, closes the file and ends the worker. */
  async close(): Promise<void> {
    await this.#running;
    const worker = this.#worker;
    if (!worker) return;
    await Promise.race([this.#ask({ type: "close" }), patience()]);
    this.#end();
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, MAX_BATCH);
      try {
        await this.#start();
        const { changed } = await this.#ask({
          type: "write",
          operations: batch.map((waiting) => waiting.operation),
        });
        batch.forEach((waiting, i) => waiting.resolve(changed[i] ?? false));
      } catch (error) {
        const failure = error instanceof StoreError
          ? error
          : new StoreError(`embedded store ${this.#file}: ${error}`);
        for (const waiting of batch) waiting.reject(failure);
      }
      for (const { operation } of batch) {
        this.#waitingBytes -= operation.value?.length ?? 0;
      }
    }
    this.#running = undefined;
  }

  /** Starts the worker where there is none and opens the file in it. */
  async #start(): Promise<void> {
    if (this.#worker) return;
    const folder = this.#file.slice(0, this.#file.lastIndexOf("/"));
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const ready = this.#answer = Promise.withResolvers<FromWriter>();
    const worker = this.#worker = new Worker(workerUrl("sqlite_worker"), {
      type: "module",
      name: "sqlite",
      deno: {
        permissions: { read: [this.#file], write: [this.#file] },
      },
    });
    worker.onmessage = ({ data }: MessageEvent<FromWriter>) =>
      this.#answer?.resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#answer?.resolve({
        type: "failed",
        message:
          `embedded store ${this.#file}: its worker ended: ${event.message}`,
      });
      this.#end();
    };
    try {
      const said = await ready.promise;
      if (said.type === "failed") throw new StoreError(said.message);
      await this.#ask({ type: "open", file: this.#file });
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** One request, one answer; never two at once. */
  async #ask(message: ToWriter): Promise<{ changed: boolean[] }> {
    const answer = this.#answer = Promise.withResolvers<FromWriter>();
    if (!this.#worker) throw new StoreError("the worker ended");
    this.#worker.postMessage(message);
    const said = await answer.promise;
    if (said.type === "done") return said;
    throw new StoreError(
      said.type === "failed" ? said.message : "unexpected answer",
    );
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
  }
}

function patience(): Promise<void> {
  return new Promise((resolve) => {
    Deno.unrefTimer(setTimeout(resolve, CLOSE_PATIENCE));
  });
}
