/** The task API as methods: messages in, `Tasks` asked, messages out. The same for v2 and v3 (SHIM.md §3.1). */
import { TASK_V2, TASK_V3 } from "../../proto/containerd/names.ts";
import * as messages from "../../proto/gen/containerd/task.ts";
import { Empty } from "../../proto/gen/google/protobuf/empty.ts";
import {
  type Codec,
  type Handler,
  type Method,
  type Services,
  unary,
} from "../../proto/ttrpc/mod.ts";
import { toTimestamp } from "../../proto/timestamp.ts";
import { VERSION } from "../../runtime/mod.ts";
import type { Resources } from "../bundle.ts";
import { failure, toTtrpc } from "../errors.ts";
import type { Status } from "./state.ts";
import type { Tasks } from "./tasks.ts";
import type { Task } from "./task.ts";

const STATUS: Record<Status, messages.Status> = {
  created: messages.Status.CREATED,
  starting: messages.Status.CREATED,
  running: messages.Status.RUNNING,
  stopped: messages.Status.STOPPED,
  gone: messages.Status.UNKNOWN,
};

/** What the daemon does when a caller is done with it. */
export type OnShutdown = (now: boolean) => void;

/** All services of the daemon. */
export function taskServices(tasks: Tasks, onShutdown: OnShutdown): Services {
  const methods = taskMethods(tasks, onShutdown);
  return { [TASK_V2]: methods, [TASK_V3]: methods };
}

function taskMethods(
  tasks: Tasks,
  onShutdown: OnShutdown,
): Record<string, Method> {
  return {
    Create: method(
      messages.CreateTaskRequest,
      messages.CreateTaskResponse,
      async (request, { signal }) => ({
        pid: (await tasks.create(request, signal)).pid,
      }),
    ),
    Start: method(
      messages.StartRequest,
      messages.StartResponse,
      async ({ id, execId }) => {
        noExec(tasks, id, execId);
        return { pid: (await tasks.start(id)).pid };
      },
    ),
    State: method(
      messages.StateRequest,
      messages.StateResponse,
      ({ id, execId }) => {
        noExec(tasks, id, execId);
        return stateOf(tasks.get(id));
      },
    ),
    Wait: method(
      messages.WaitRequest,
      messages.WaitResponse,
      async ({ id, execId }) => {
        noExec(tasks, id, execId);
        const exit = await tasks.get(id).ended;
        return { exitStatus: exit.status, exitedAt: toTimestamp(exit.at) };
      },
    ),
    Kill: method(
      messages.KillRequest,
      Empty,
      ({ id, execId, signal }) => {
        noExec(tasks, id, execId);
        tasks.kill(id, signal);
        return {};
      },
    ),
    Delete: method(
      messages.DeleteRequest,
      messages.DeleteResponse,
      async ({ id, execId }) => {
        noExec(tasks, id, execId);
        const { task, exit } = await tasks.delete(id);
        return {
          pid: task.pid,
          exitStatus: exit.status,
          exitedAt: toTimestamp(exit.at),
        };
      },
    ),
    Pids: method(messages.PidsRequest, messages.PidsResponse, ({ id }) => ({
      processes: [{ pid: tasks.get(id).pid, info: undefined }],
    })),
    // For any id: containerd takes an error for a dead shim.
    Connect: method(
      messages.ConnectRequest,
      messages.ConnectResponse,
      ({ id }) => ({
        shimPid: Deno.pid,
        taskPid: tasks.pidOf(id),
        version: VERSION,
      }),
    ),
    Shutdown: method(messages.ShutdownRequest, Empty, ({ now }) => {
      onShutdown(now);
      return {};
    }),
    Stats: method(
      messages.StatsRequest,
      messages.StatsResponse,
      async ({ id }) => {
        const { pod } = tasks.get(id);
        // 70 KB of code that a pod's start does without.
        const { metricsOf } = await import("../cgroup/metrics.ts");
        return { stats: metricsOf(pod.figures, pod.cgroupVersion) };
      },
    ),
    Update: method(
      messages.UpdateTaskRequest,
      Empty,
      async ({ id, resources }) => {
        await tasks.update(id, parseResources(resources?.value));
        return {};
      },
    ),
    ResizePty: method(messages.ResizePtyRequest, Empty, ({ id, execId }) => {
      noExec(tasks, id, execId);
      return {};
    }),
    CloseIO: method(
      messages.CloseIORequest,
      Empty,
      ({ id, execId, stdin }) => {
        noExec(tasks, id, execId);
        if (stdin) tasks.get(id).stdio?.closeInput();
        return {};
      },
    ),
    Exec: method(
      messages.ExecProcessRequest,
      Empty,
      ({ id }) => refuse(tasks, id, "exec"),
    ),
    Pause: method(
      messages.PauseRequest,
      Empty,
      ({ id }) => refuse(tasks, id, "pause"),
    ),
    Resume: method(
      messages.ResumeRequest,
      Empty,
      ({ id }) => refuse(tasks, id, "resume"),
    ),
    Checkpoint: method(
      messages.CheckpointTaskRequest,
      Empty,
      ({ id }) => refuse(tasks, id, "checkpoint"),
    ),
  };
}

/** A method whose errors carry a code containerd knows. */
function method<Q, R>(
  request: Codec<Q>,
  response: Codec<R>,
  handler: Handler<Q, R>,
): Method {
  return unary(request, response, async (message, call) => {
    try {
      return await handler(message, call);
    } catch (error) {
      throw toTtrpc(error);
    }
  });
}

/** There are no execs: one that is named does not exist. */
function noExec(tasks: Tasks, id: string, execId: string): void {
  if (execId === "") return;
  tasks.get(id);
  throw failure("notFound", `exec ${execId.slice(0, 76)} of ${id}: not found`);
}

function refuse(tasks: Tasks, id: string, what: string): never {
  tasks.get(id);
  throw failure("unimplemented", `${what} of a function`);
}

function stateOf(task: Task): messages.StateResponse {
  const { exit } = task;
  return {
    id: task.id,
    bundle: task.bundle,
    pid: task.pid,
    status: STATUS[task.status],
    stdin: task.paths.stdin,
    stdout: task.paths.stdout,
    stderr: task.paths.stderr,
    terminal: task.paths.terminal,
    exitStatus: exit?.status ?? 0,
    exitedAt: exit === undefined ? undefined : toTimestamp(exit.at),
    execId: "",
  };
}

/** LinuxResources of the OCI spec, as JSON. @throws {TtrpcError} InvalidArgument when they are not. */
function parseResources(bytes: Uint8Array | undefined): Resources {
  if (bytes === undefined || bytes.length === 0) return {};
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw failure("invalid", "resources: expected LinuxResources as JSON");
}
