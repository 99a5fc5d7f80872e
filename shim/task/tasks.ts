/** What the task API does, apart from its messages: create, start, kill, delete, and what follows from an end. */
import { after } from "../../proto/after.ts";
import type { CreateTaskRequest } from "../../proto/gen/containerd/task.ts";
import { Code } from "../../proto/ttrpc/mod.ts";
import { toTimestamp } from "../../proto/timestamp.ts";
import type { Resources } from "../bundle.ts";
import { failure, toTtrpc } from "../errors.ts";
import type { Publisher } from "../events/publisher.ts";
import type { Log } from "../log.ts";
import type { FunctionEnd } from "../pod/pod.ts";
import type { Pods } from "../pod/pods.ts";
import { createTask, keyOf, removeContainer } from "./create.ts";
import { TaskTable } from "./table.ts";
import type { Exit, Task } from "./task.ts";

const SIGKILL = 9;
/** Signals that end a process which does nothing about them: those a sandbox and an unstarted container know. */
const DEADLY = new Set([1, 2, 3, 4, 6, 7, 8, SIGKILL, 11, 13, 14, 15]);
/** How long a function may outlive SIGKILL before its host goes; longer where other functions go with it: milliseconds. */
const KILL_GRACE_ALONE = 1_500;
const KILL_GRACE_SHARED = 5_000;
/** How long an oom event may take before whoever waits for the exit is told: milliseconds. */
const OOM_FIRST_MS = 1_000;

export class Tasks {
  readonly #table = new TaskTable();
  readonly #pods: Pods;
  readonly #publisher: Publisher;
  readonly #log: Log;
  readonly #onChange: () => void;

  /** @param onChange called when tasks come or go. */
  constructor(
    pods: Pods,
    publisher: Publisher,
    log: Log,
    onChange: () => void,
  ) {
    this.#pods = pods;
    this.#publisher = publisher;
    this.#log = log;
    this.#onChange = onChange;
  }

  /** Whether there is no task and none is being made. */
  get empty(): boolean {
    return this.#table.empty;
  }

  /** @throws {TtrpcError} NotFound naming the task. */
  get(id: string): Task {
    return this.#table.get(id);
  }

  /** The pid to report for an id that may not exist: 0 then. */
  pidOf(id: string): number {
    return this.#table.all.find((task) => task.id === id)?.pid ?? 0;
  }

  /**
   * Makes a task.
   * @param caller aborts when nobody waits for the answer any more; then nobody would delete the task either.
   */
  async create(
    request: CreateTaskRequest,
    caller: AbortSignal,
  ): Promise<Task> {
    const { id, bundle } = request;
    this.#table.reserve(id);
    this.#log.use(bundle);
    let task: Task;
    try {
      task = await createTask(
        request,
        this.#pods,
        (task, end) => this.#ended(task, end),
      );
      if (caller.aborted) {
        task.move("delete");
        await this.#takeAway(task);
        throw failure("unavailable", `create of ${id}: its caller is gone`);
      }
    } catch (error) {
      this.#table.free(id);
      const refused = toTtrpc(error);
      this.#log.error("create failed", { id, error: refused.message });
      this.#log.drop(bundle);
      this.#onChange();
      throw refused;
    }
    this.#table.add(task);
    this.#onChange();
    this.#publisher.publish("TaskCreate", {
      containerId: id,
      bundle,
      rootfs: request.rootfs,
      io: {
        stdin: request.stdin,
        stdout: request.stdout,
        stderr: request.stderr,
        terminal: request.terminal,
      },
      checkpoint: "",
      pid: task.pid,
    });
    return task;
  }

  /** Starts a created task; its start event is on its way before any other of it. */
  async start(id: string): Promise<Task> {
    const task = this.#table.get(id);
    task.move("begin");
    try {
      if (!task.sandbox) await this.#hostOf(task).client.start(keyOf(task));
    } catch (error) {
      // The host that died over it told the end as well: then it is one.
      if (task.early === undefined) task.move("failed");
      this.#happened(task);
      throw toTtrpc(error);
    }
    task.move("started");
    this.#publisher.publish("TaskStart", { containerId: id, pid: task.pid });
    this.#happened(task);
    return task;
  }

  /** Passes a signal on. Returns before it has its effect. */
  kill(id: string, signal: number): void {
    const task = this.#table.get(id);
    if (task.status === "stopped") {
      throw failure("notFound", `task ${id}: already stopped`);
    }
    if (task.sandbox || task.status === "created") {
      if (DEADLY.has(signal)) this.#endBySignal(task, signal);
      return;
    }
    const host = task.pod.running;
    // A host that just died takes its functions along; the end is on its way.
    if (host === undefined) return;
    if (signal === SIGKILL) this.#insist(task);
    // Answered when the function has ended, which is not what the caller waits for.
    host.client.signal(keyOf(task), signal).catch((error) => {
      // A host that went over it has delivered it in its way.
      if (!host.usable) return;
      this.#log.warn("signal not delivered", {
        id,
        signal,
        error: (error as Error).message,
      });
    });
  }

  /** Removes a task that is created or stopped; with the last one of a pod the pod goes. */
  async delete(id: string): Promise<{ task: Task; exit: Exit }> {
    const task = this.#table.get(id);
    task.move("delete");
    const exit = task.exit ?? { status: 0, at: Date.now() };
    task.pin();
    await this.#takeAway(task);
    this.#table.remove(task);
    this.#publisher.publish("TaskDelete", {
      containerId: id,
      pid: task.pid,
      exitStatus: exit.status,
      exitedAt: toTimestamp(exit.at),
      id: "",
    });
    this.#log.drop(task.bundle);
    this.#onChange();
    return { task, exit };
  }

  /** New limits: the cgroup's now, the host's when it does something about them. */
  async update(id: string, resources: Resources): Promise<void> {
    const task = this.#table.get(id);
    if (!task.sandbox) {
      task.pod.update(id, resources);
      await task.pod.running?.client.update(keyOf(task), resources)
        .catch((error) => {
          if (toTtrpc(error).code !== Code.Unimplemented) {
            this.#log.warn("update in the host", {
              id,
              error: (error as Error).message,
            });
          }
        });
    }
    this.#log.info("resources updated", {
      id,
      resources: JSON.stringify(resources),
    });
  }

  /** Removes what Create made of a task; with the last one of a pod the pod goes. */
  async #takeAway(task: Task): Promise<void> {
    const { id } = task;
    if (!task.sandbox) {
      await task.pod.running?.client.delete(keyOf(task)).catch((error) =>
        this.#log.debug("delete in the host", {
          id,
          error: (error as Error).message,
        })
      );
    }
    const problem = removeContainer(task);
    if (problem !== "") this.#log.warn("left behind", { id, problem });
    await this.#pods.leave(task.pod.id, id);
  }

  #hostOf(task: Task) {
    const host = task.pod.running;
    if (host === undefined) {
      throw failure("unavailable", `task ${task.id}: its host is gone`);
    }
    return host;
  }

  /** A function's process ended. While Start is under way the end waits for its answer. */
  #ended(task: Task, end: FunctionEnd): void {
    const finish = () => this.#finish(task, end);
    if (task.status === "starting") task.early ??= finish;
    else finish();
  }

  /** Start is answered: an end that came meanwhile counts now. */
  #happened(task: Task): void {
    const early = task.early;
    task.early = undefined;
    early?.();
  }

  #endBySignal(task: Task, signal: number): void {
    this.#finish(task, {
      status: 128 + signal,
      at: Date.now(),
      reason: `signal ${signal}`,
      oom: false,
    });
  }

  /** An end: streams first, then oom and exit events, then everybody who waits. */
  async #finish(task: Task, end: FunctionEnd): Promise<void> {
    if (task.over) return;
    task.pin();
    task.pod.release(task.id);
    const exit = { status: end.status, at: end.at };
    await task.stdio?.finish();
    // Delete or a second report may have come in between.
    if (task.over) return;
    if (end.reason !== "") {
      this.#log.info("task ended", {
        id: task.id,
        status: end.status,
        reason: end.reason,
      });
    }
    if (end.oom) {
      this.#publisher.publish("TaskOOM", { containerId: task.id });
      await this.#publisher.flushed(OOM_FIRST_MS);
      if (task.over) return;
    }
    task.end(exit);
    this.#publisher.publish("TaskExit", {
      containerId: task.id,
      id: task.id,
      pid: task.pid,
      exitStatus: exit.status,
      exitedAt: toTimestamp(exit.at),
    });
    task.release();
  }

  /** SIGKILL cannot be refused: a function that does not end by it ends with its host. */
  #insist(task: Task): void {
    const grace = task.pod.isAlone(task.id)
      ? KILL_GRACE_ALONE
      : KILL_GRACE_SHARED;
    const host = task.pod.running;
    const cancel = after(grace, () => {
      host?.kill(`task ${task.id} did not end within ${grace} ms of SIGKILL`);
    });
    task.ended.then(cancel);
  }
}
