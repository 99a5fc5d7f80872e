/** The embedded store's file: its name, schema and version, and what its errors mean. */
import type { DatabaseSync } from "node:sqlite";

/** The file's name in the data folder. */
export const FILE_NAME = "layotto.sqlite";

/** Version of the schema, kept in `user_version`; 0 is a file that nobody has set up yet. */
export const SCHEMA_VERSION = 1;

const SCHEMA = `
  CREATE TABLE state (
    store TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (store, key)
  ) WITHOUT ROWID;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * The version of the file's schema, checked.
 * @throws {Error} one that this program does not know.
 */
export function readVersion(db: DatabaseSync): number {
  const row = db.prepare("PRAGMA user_version").get();
  const version = Number(row?.user_version ?? 0);
  if (version > SCHEMA_VERSION) {
    throw new Error(
      `found schema version ${version}, expected at most ${SCHEMA_VERSION}: it was written by a newer Layotto`,
    );
  }
  return version;
}

/** Sets a file up that has no schema yet. Several processes may do so at once. */
export function ensureSchema(db: DatabaseSync): void {
  if (readVersion(db) === SCHEMA_VERSION) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    if (readVersion(db) === 0) db.exec(SCHEMA);
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/** SQLite's texts, what they mean here and what to do. */
const MEANINGS: readonly [RegExp, string][] = [
  [
    /not a database|malformed|corrupt/,
    "is damaged or no database; move it away to start anew, or put back a copy",
  ],
  [
    /locked|busy/,
    "is locked by another process; end that process, or give this host another data folder",
  ],
  [
    /unable to open/,
    "cannot be opened; check that its folder exists and that this user may write there",
  ],
  [
    /readonly/,
    "cannot be written; check that this user may write the file and its folder",
  ],
  [/disk is full/, "cannot grow: the disk is full"],
];

/** An error of SQLite on `file`, for people. */
export function explain(file: string, error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  const meaning = MEANINGS.find(([pattern]) => pattern.test(text))?.[1];
  return meaning === undefined
    ? `embedded store ${file}: ${text}`
    : `embedded store ${file} ${meaning} (SQLite says: ${text})`;
}

/** Whether the same call may go well a little later. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && /locked|busy/.test(error.message);
}
