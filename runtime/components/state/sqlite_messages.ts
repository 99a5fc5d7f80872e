/** What the host's main isolate and the SQLite worker say to each other. */

/** One write; `setIfAbsent` is the only one with a result of interest. */
export interface WriteOperation {
  op: "set" | "setIfAbsent" | "delete";
  store: string;
  key: string;
  /** Absent for `delete`. */
  value?: Uint8Array;
}

export type ToWriter =
  | { type: "open"; file: string }
  /** All of these in one transaction: all are on disk, or none. */
  | { type: "write"; operations: WriteOperation[] }
  | { type: "close" };

export type FromWriter =
  /** The worker listens. */
  | { type: "ready" }
  /** Answers `open`, `write` and `close`, in order; `changed` has one entry per operation. */
  | { type: "done"; changed: boolean[] }
  /** The same, failed; `message` is for people. */
  | { type: "failed"; message: string };
