/** A container that its daemon did not remove: because containerd lost the daemon, or because it died. */
import { TASK_V2 } from "../../proto/containerd/names.ts";
import {
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
  const folder = `${paths.containers}/${flags.id}`;
  unmountTree(`${folder}/rootfs`);
  Deno.removeSync(folder, { recursive: true });
  if (isEmpty(paths.containers)) {
    await cleanUpPod(paths);
    await removeSocket(socket);
  }
  if (outOfMemory) await publishOom(flags);
  return host;
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

async function removeSocket(socket: string): Promise<void> {
  const held = await lock(lockPath(socket));
  try {
    // A new daemon of the same pod may listen there by now.
    (await Deno.connect({ transport: "unix", path: socket })).close();
  } catch (error) {
    if (error instanceof Deno.errors.ConnectionRefused) {
      Deno.removeSync(socket);
    }
    held.remove();
  } finally {
    held.release();
  }
}

async function publishOom({ address, namespace, id }: Flags): Promise<void> {
  const ttrpc = Deno.env.get("TTRPC_ADDRESS") || `${address}.ttrpc`;
  const publisher = new Publisher(ttrpc, namespace, new Log(false));
  publisher.publish("TaskOOM", { containerId: id });
  await publisher.flushed(STEP_MS);
  publisher.close();
}

function isEmpty(folder: string): boolean {
  try {
    return Deno.readDirSync(folder)[Symbol.iterator]().next().done === true;
  } catch {
    return true;
  }
}
