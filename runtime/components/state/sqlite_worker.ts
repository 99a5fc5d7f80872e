/**
 * The worker that writes the embedded store. A durable save waits for the disk, up to tens of milliseconds, which must
 * not happen where requests are routed.
 */
/// <reference lib="deno.worker" />
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { ensureSchema, explain } from "./sqlite_file.ts";
import type {
  FromWriter,
  ToWriter,
  WriteOperation,
} from "./sqlite_messages.ts";

/** How long a write waits for another process's, milliseconds. */
const BUSY_TIMEOUT = 1000;

type Statements = Record<WriteOperation["op"], StatementSync>;

interface Open {
  file: string;
  db: DatabaseSync;
  statements: Statements;
}

/** Serves one file: `open` first, then any number of writes. */
export function runSqliteWorker(): void {
  const scope = self as unknown as DedicatedWorkerGlobalScope;
  let open: Open | undefined;
  const tell = (message: FromWriter) => scope.postMessage(message);
  scope.onmessage = ({ data }: MessageEvent<ToWriter>) => {
    try {
      if (data.type === "open") {
        open = openForWriting(data.file);
        tell({ type: "done", changed: [] });
      } else if (data.type === "close") {
        open?.db.close();
        open = undefined;
        tell({ type: "done", changed: [] });
      } else if (open) {
        tell({ type: "done", changed: write(open, data.operations) });
      }
    } catch (error) {
      const file = data.type === "open" ? data.file : open?.file ?? "";
      tell({ type: "failed", message: explain(file, error) });
    }
  };
  tell({ type: "ready" });
}

function openForWriting(file: string): Open {
  const db = new DatabaseSync(file);
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT}`);
    // FULL: a commit is on disk when it returns, not only safe from our own crash.
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    ensureSchema(db);
    return { file, db, statements: prepare(db) };
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepare(db: DatabaseSync): Statements {
  const insert = "INSERT INTO state (store, key, value) VALUES (?, ?, ?)";
  return {
    set: db.prepare(
      `${insert} ON CONFLICT DO UPDATE SET value = excluded.value, version = version + 1`,
    ),
    setIfAbsent: db.prepare(`${insert} ON CONFLICT DO NOTHING`),
    delete: db.prepare("DELETE FROM state WHERE store = ? AND key = ?"),
  };
}

function write(
  { db, statements }: Open,
  operations: readonly WriteOperation[],
): boolean[] {
  db.exec("BEGIN IMMEDIATE");
  try {
    const changed = operations.map((operation) => {
      const { op, store, key, value } = operation;
      const result = value === undefined
        ? statements[op].run(store, key)
        : statements[op].run(store, key, value);
      return Number(result.changes) > 0;
    });
    db.exec("COMMIT");
    return changed;
  } catch (error) {
    rollBack(db);
    throw error;
  }
}

/** A full disk may have ended the transaction already; then there is nothing to undo. */
function rollBack(db: DatabaseSync): void {
  try {
    db.exec("ROLLBACK");
  } catch {
    // Nothing is open.
  }
}
