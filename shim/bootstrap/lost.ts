/** A container that its daemon did not remove: because containerd lost the daemon, or because it died. */
import { TASK_V2 } from "../../proto/containerd/names.ts";
import {
  ConnectRequest,
  ConnectResponse,
  DeleteRequest,
  DeleteResponse,
  KillRequest,
  ShutdownRequest,
  WaitRequest,
  WaitResponse,
} from "../../proto/gen/containerd/task.ts";
import { Empty } from "../../proto/gen/google/protobuf/empty.ts";
import { Client } from "../../proto/ttrpc/mod.ts";
import { Publisher } from "../events/publisher.ts";
import type { Flags } from "../flags.ts";
import { lock, lockPath } from "../lock.ts";
import { Log } from "../log.ts";
import type { PodPaths } from "../paths.ts";
import { cleanUpPod } from "../pod/cleanup.ts";
import { readRecord } from "../pod/record.ts";
import { unmountTree } from "../rootfs/tree.ts";
import { isEmpty, isThere } from "../folder.ts";

/** Time for each step with a daemon that lives; containerd ends `delete` after 5 s. */
const STEP_MS = 1_000;

/** Removes the container, and the pod with its last one. @returns the id of the process it ran in. */
export async function removeLost(
  flags: Flags,
  paths: PodPaths,
  socket: string,
): Promise<number> {
  const { host, cgroups } = readRecord(paths);
  if (await dropFromDaemon(socket, flags.id)) return host;
  const outOfMemory = cgroups.some(wasOutOfMemory);
  await ifDead(socket, async () => {
    const folder = `${paths.containers}/${flags.id}`;
    unmountTree(`${folder}/rootfs`);
    if (isThere(folder)) Deno.removeSync(folder, { recursive: true });
    return await cleanUpIfEmpty(paths);
  });
  if (outOfMemory) await publishOom(flags);
  return host;
}

/** Removes what a daemon left that died before it had a container; one that lives is left alone. */
export async function removeDead(
  paths: PodPaths,
  socket: string,
): Promise<void> {
  await ifDead(socket, () => cleanUpIfEmpty(paths));
}

async function cleanUpIfEmpty(paths: PodPaths): Promise<boolean> {
  if (!isEmpty(paths.containers)) return false;
  await cleanUpPod(paths);
  return true;
}

/**
 * Runs `work` if no daemon listens at `socket`; while it runs none can begin to, since a `start` waits for the lock. A
 * daemon that came since the old one died has cleaned up after it, and what is there now is its own.
 * @param work says whether the pod is gone, and socket and lock with it.
 */
async function ifDead(
  socket: string,
  work: () => Promise<boolean>,
): Promise<void> {
  const held = await lock(lockPath(socket));
  try {
    if (await isAlive(socket) || !await work()) return;
    if (isThere(socket)) Deno.removeSync(socket);
    held.remove();
  } finally {
    held.release();
  }
}

/** Whether a daemon listens there. Who connects and says nothing is a `start`, for which it would stay: so say something. */
async function isAlive(socket: string): Promise<boolean> {
  let client: Client;
  try {
    client = await Client.connect(socket);
  } catch {
    return false;
  }
  await client.call(
    {
      service: TASK_V2,
      method: "Connect",
      request: ConnectRequest,
      response: ConnectResponse,
    },
    { id: "" },
    { timeoutMs: STEP_MS },
  ).catch(() => {
    // It is there all the same.
  });
  client.close();
  return true;
}

/** Asks a daemon that lives to drop this one task. @returns whether there was one. */
async function dropFromDaemon(socket: string, id: string): Promise<boolean> {
  let client: Client;
  try {
    client = await Client.connect(socket);
  } catch {
    return false;
  }
  const ask = (
    method: string,
    request: Parameters<typeof client.call>[0]["request"],
    response: Parameters<typeof client.call>[0]["response"],
    message: unknown,
  ) =>
    client.call(
      { service: TASK_V2, method, request, response },
      message,
      { timeoutMs: STEP_MS },
    ).catch(() => {
      // Gone already, or it does not answer: the next step shows.
    });
  await ask("Kill", KillRequest, Empty, {
    id,
    execId: "",
    signal: 9,
    all: true,
  });
  await ask("Wait", WaitRequest, WaitResponse, { id, execId: "" });
  await ask("Delete", DeleteRequest, DeleteResponse, { id, execId: "" });
  await ask("Shutdown", ShutdownRequest, Empty, { id, now: false });
  client.close();
  return true;
}

/** Whether the kernel killed a process of that cgroup for want of memory. */
function wasOutOfMemory(folder: string): boolean {
  return ["memory.oom_control", "memory.events"].some((file) => {
    try {
      return /^oom_kill [1-9]/m.test(
        Deno.readTextFileSync(`${folder}/${file}`),
      );
    } catch {
      return false; // Of the other cgroup version, or gone.
    }
  });
}

async function publishOom({ address, namespace, id }: Flags): Promise<void> {
  const ttrpc = Deno.env.get("TTRPC_ADDRESS") || `${address}.ttrpc`;
  const publisher = new Publisher(ttrpc, namespace, new Log(false));
  publisher.publish("TaskOOM", { containerId: id });
  await publisher.flushed(STEP_MS);
  publisher.close();
}
