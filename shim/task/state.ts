/**
 * The states of a task and every legal way between them.
 *
 *     created ──begin──▶ starting ──started──▶ running ──exit──▶ stopped ──delete──▶ gone
 *        │  ▲               │ │                                     ▲
 *        │  └─────failed────┘ └────────────────exit─────────────────┤
 *        ├────────────────────exit──────────────────────────────────┘
 *        └────────────────────delete────────────────────────────▶ gone
 */
import { failure } from "../errors.ts";

export type Status = "created" | "starting" | "running" | "stopped" | "gone";
export type Move = "begin" | "failed" | "started" | "exit" | "delete";

const LEGAL: Record<Status, Partial<Record<Move, Status>>> = {
  created: { begin: "starting", exit: "stopped", delete: "gone" },
  starting: { started: "running", failed: "created", exit: "stopped" },
  running: { exit: "stopped" },
  stopped: { delete: "gone" },
  gone: {},
};

/** What a move is called when it is refused. */
const VERBS: Record<Move, string> = {
  begin: "start",
  failed: "start",
  started: "start",
  exit: "end",
  delete: "delete",
};

/** The state after `move`. @throws {TtrpcError} FailedPrecondition, naming task and state, when it is not legal. */
export function nextStatus(status: Status, move: Move, task: string): Status {
  const next = LEGAL[status][move];
  if (next === undefined) {
    throw failure(
      "precondition",
      `cannot ${VERBS[move]} task ${task}: it is ${status}`,
    );
  }
  return next;
}
