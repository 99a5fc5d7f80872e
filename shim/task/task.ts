/** One task: a container's state, how it ended, and who waits for that. */
import type { Pod } from "../pod/pod.ts";
import type { Stdio, StdioPaths } from "../stdio/stdio.ts";
import { type Move, nextStatus, type Status } from "./state.ts";

/** How a task ended: the same figures in every reply and event. */
export interface Exit {
  status: number;
  /** Milliseconds since the epoch. */
  at: number;
}

/** What a task is made of. */
export interface TaskOptions {
  id: string;
  bundle: string;
  pod: Pod;
  /** A pod's own container, which runs no function. */
  sandbox: boolean;
  paths: StdioPaths;
}

export class Task {
  readonly id: string;
  readonly bundle: string;
  readonly pod: Pod;
  readonly sandbox: boolean;
  readonly paths: StdioPaths;
  /** Its streams; the sandbox's task has none. */
  stdio: Stdio | undefined;
  /** An end the host told of while Start was still under way; it counts once that is answered. */
  early: (() => void) | undefined;
  readonly #ended = Promise.withResolvers<Exit>();
  #status: Status = "created";
  #exit: Exit | undefined;
  #pid: number | undefined;

  constructor({ id, bundle, pod, sandbox, paths }: TaskOptions) {
    this.id = id;
    this.bundle = bundle;
    this.pod = pod;
    this.sandbox = sandbox;
    this.paths = paths;
  }

  get status(): Status {
    return this.#status;
  }

  /** How it ended, once it did. */
  get exit(): Exit | undefined {
    return this.#exit;
  }

  /** Whether nothing more can happen to it but its removal. */
  get over(): boolean {
    return this.#exit !== undefined || this.#status === "gone";
  }

  /** Its process: the host it runs in. One that ended keeps the id it had. */
  get pid(): number {
    return this.#pid ?? this.pod.pid;
  }

  /** Resolves when it has ended, also if it did long ago. */
  get ended(): Promise<Exit> {
    return this.#ended.promise;
  }

  /** Changes its state. @throws {TtrpcError} FailedPrecondition when that is not legal now. */
  move(move: Move): void {
    this.#status = nextStatus(this.#status, move, this.id);
  }

  /** Keeps the id of the process it runs in, whatever host its pod has later. */
  pin(): void {
    this.#pid = this.pod.pid;
  }

  /** Notes its end; whoever waits is told by `release`, after the events are on their way. */
  end(exit: Exit): void {
    this.move("exit");
    this.#exit = exit;
  }

  /** Tells everybody who waits. */
  release(): void {
    if (this.#exit !== undefined) this.#ended.resolve(this.#exit);
  }
}
