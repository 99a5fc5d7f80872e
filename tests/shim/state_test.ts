import assert from "node:assert/strict";
import { Code, TtrpcError } from "../../proto/ttrpc/mod.ts";
import { type Move, nextStatus, type Status } from "../../shim/task/state.ts";

const STATUSES: Status[] = [
  "created",
  "starting",
  "running",
  "stopped",
  "gone",
];
const MOVES: Move[] = ["begin", "failed", "started", "exit", "delete"];

/** Every move that is allowed; all others are not. */
const TABLE: [Status, Move, Status][] = [
  ["created", "begin", "starting"],
  ["created", "exit", "stopped"],
  ["created", "delete", "gone"],
  ["starting", "started", "running"],
  ["starting", "failed", "created"],
  ["starting", "exit", "stopped"],
  ["running", "exit", "stopped"],
  ["stopped", "delete", "gone"],
];

for (const status of STATUSES) {
  for (const move of MOVES) {
    const [, , next] = TABLE.find(([from, by]) =>
      from === status && by === move
    ) ?? [];
    if (next !== undefined) {
      Deno.test(`${status} becomes ${next} by ${move}`, () => {
        assert.equal(nextStatus(status, move, "t"), next);
      });
    } else {
      Deno.test(`${move} is refused while ${status}`, () => {
        assert.throws(
          () => nextStatus(status, move, "t1"),
          (error: TtrpcError) =>
            error.code === Code.FailedPrecondition &&
            error.message.includes("t1") && error.message.includes(status),
        );
      });
    }
  }
}
