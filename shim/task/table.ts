/** The tasks of a daemon, by id. */
import { failure } from "../errors.ts";
import type { Task } from "./task.ts";

/** What containerd allows as an id, and a folder may be called. */
const ID = /^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$/;
const MAX_ID = 76;

export class TaskTable {
  readonly #tasks = new Map<string, Task>();
  /** Ids whose Create is under way. */
  readonly #reserved = new Set<string>();

  /** Whether no task exists and none is being made. */
  get empty(): boolean {
    return this.#tasks.size === 0 && this.#reserved.size === 0;
  }

  /** All tasks. */
  get all(): Task[] {
    return [...this.#tasks.values()];
  }

  /** Takes an id for a task that is being made. @throws {TtrpcError} AlreadyExists or InvalidArgument. */
  reserve(id: string): void {
    if (id.length > MAX_ID || !ID.test(id)) {
      throw failure(
        "invalid",
        `task id ${JSON.stringify(id.slice(0, MAX_ID))}: expected letters ` +
          `and digits with single . _ - between, at most ${MAX_ID} characters`,
      );
    }
    if (this.#tasks.has(id) || this.#reserved.has(id)) {
      throw failure("exists", `task ${id} already exists`);
    }
    this.#reserved.add(id);
  }

  /** Gives an id back whose task could not be made. */
  free(id: string): void {
    this.#reserved.delete(id);
  }

  add(task: Task): void {
    this.#reserved.delete(task.id);
    this.#tasks.set(task.id, task);
  }

  /** @throws {TtrpcError} NotFound naming the task, also for one that is being removed. */
  get(id: string): Task {
    const task = this.#tasks.get(id);
    if (task === undefined || task.status === "gone") {
      throw failure("notFound", `task ${id.slice(0, MAX_ID)}: not found`);
    }
    return task;
  }

  remove(task: Task): void {
    this.#tasks.delete(task.id);
  }
}
