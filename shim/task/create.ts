/** Create: everything that can fail about a container fails here, and then nothing of it is left. */
import type { CreateTaskRequest } from "../../proto/gen/containerd/task.ts";
import { Options } from "../../proto/gen/containerd/runtimeoptions.ts";
import { TYPE_URLS } from "../../proto/containerd/names.ts";
import type { Key } from "../../runtime/mod.ts";
import {
  isSandbox,
  nameOf,
  readSpec,
  settingsOf,
  type Spec,
} from "../bundle.ts";
import { failure } from "../errors.ts";
import { podOf } from "../group.ts";
import type { FunctionEnd, Pod } from "../pod/pod.ts";
import type { Pods } from "../pod/pods.ts";
import { layersOf } from "../rootfs/layers.ts";
import { readModule } from "../rootfs/module.ts";
import { mountTree, unmountTree } from "../rootfs/tree.ts";
import { Stdio } from "../stdio/stdio.ts";
import { Task } from "./task.ts";

/** Whom a task's end is told. */
export type OnEnd = (task: Task, end: FunctionEnd) => void;

/** How the host is told of a task. */
export function keyOf(task: Task): Key {
  return { pod: task.pod.id, container: task.id, exec: "" };
}

/** The folder of a container's own below its pod's. */
export function containerFolder(pod: Pod, id: string): string {
  return `${pod.paths.containers}/${id}`;
}

/** Makes the task a request describes, its pod included. @throws with a reason meant for the user. */
export async function createTask(
  request: CreateTaskRequest,
  pods: Pods,
  onEnd: OnEnd,
): Promise<Task> {
  if (request.checkpoint !== "") {
    throw failure("unimplemented", "restoring a checkpoint");
  }
  const spec = readSpec(request.bundle);
  const podId = podOf(spec, request.id);
  try {
    const pod = await pods.join(podId, spec, request.id);
    pod.useConfig(configPath(request));
    const task = new Task({
      id: request.id,
      bundle: request.bundle,
      pod,
      sandbox: isSandbox(spec),
      paths: request,
    });
    Deno.mkdirSync(containerFolder(pod, task.id), { mode: 0o755 });
    try {
      if (task.sandbox) pod.hold(task.id);
      else await createFunction(task, request, spec, onEnd);
    } catch (error) {
      removeContainer(task);
      throw error;
    }
    return task;
  } catch (error) {
    await pods.leave(podId, request.id);
    throw error;
  }
}

/** Takes away what Create made for one container. @returns in words what could not be removed, or "". */
export function removeContainer(task: Task): string {
  const folder = containerFolder(task.pod, task.id);
  task.stdio?.close();
  unmountTree(`${folder}/rootfs`);
  task.pod.remove(task.id);
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) {
      return (error as Error).message;
    }
  }
  return "";
}

async function createFunction(
  task: Task,
  request: CreateTaskRequest,
  spec: Spec,
  onEnd: OnEnd,
): Promise<void> {
  const { pod, id } = task;
  const root = absoluteRoot(spec, request.bundle);
  const module = readModule(spec, layersOf(request.rootfs, root), id);
  const stdio = task.stdio = Stdio.open(request);
  const tree = `${containerFolder(pod, id)}/rootfs`;
  mountTree(`${pod.paths.stage}/${id}`, tree, {
    mounts: request.rootfs,
    fallback: root,
    readOnly: spec.root?.readonly === true,
    volumes: spec.mounts ?? [],
  });
  const { host, opened } = await pod.host(spec, id);
  pod.add(id, spec, {
    output: (stream, bytes) => stdio.write(stream, bytes),
    ended: (end) => onEnd(task, end),
  });
  const key = keyOf(task);
  const created = host.client.create(key, {
    name: nameOf(spec, id),
    args: spec.process?.args ?? [],
    env: spec.process?.env ?? [],
    cwd: spec.process?.cwd ?? "/",
    annotations: settingsOf(spec),
    tree,
    stdin: stdio.hasInput,
    terminal: request.terminal,
  }, module);
  created.catch(() => {}); // What went wrong before says more.
  await opened;
  await created;
  stdio.readInput({
    data: (bytes) => host.client.input(key, bytes),
    end: () => host.client.closeInput(key),
  });
}

/** `root.path`, which is relative to the bundle unless `ctr run --rootfs` gave a folder. */
function absoluteRoot(spec: Spec, bundle: string): string {
  const path = spec.root?.path || "rootfs";
  return path.startsWith("/") ? path : `${bundle}/${path}`;
}

/** The configuration file a handler's options name (`ConfigPath`, `--runtime-config-path`), or "". */
function configPath({ options }: CreateTaskRequest): string {
  if (options === undefined) return "";
  const url = options.typeUrl.slice(options.typeUrl.lastIndexOf("/") + 1);
  // Options of another kind (the sandbox API sends runc's) are not for us, and no reason to refuse.
  if (url !== TYPE_URLS.RUNTIME_OPTIONS) return "";
  return Options.decode(options.value).configPath;
}
