/**
 * `delete`: what containerd runs after every container, deleted properly or lost with its daemon (SHIM.md §1.9). May be
 * run again, also without a bundle; a daemon that lives and has other containers is left alone.
 */
import { readSpec, type Spec } from "../bundle.ts";
import type { Flags } from "../flags.ts";
import { groupOf, podOf } from "../group.ts";
import { podPaths, socketPath } from "../paths.ts";
import { DeleteResponse } from "../../proto/gen/containerd/task.ts";
import { toTimestamp } from "../../proto/timestamp.ts";
import { isEmpty, isThere } from "../folder.ts";

/** What a task is said to have ended with that nobody can ask any more: 128 + SIGKILL. */
const KILLED = 137;

/** Prints a DeleteResponse. @throws what could not be cleaned up. */
export async function deleteTask(flags: Flags): Promise<void> {
  if (flags.id === "" || flags.id.includes("/") || flags.id.startsWith(".")) {
    throw new TypeError(
      `delete: -id ${JSON.stringify(flags.id)}, expected the container's`,
    );
  }
  const spec = specOf(flags.bundle || currentFolder());
  const paths = podPaths(flags, podOf(spec, flags.id));
  const socket = socketPath(flags, groupOf(spec, flags.id));
  let pid = 0;
  // The container's folder goes with the task: where it is gone, Delete was answered, and nothing is left to do.
  if (isThere(`${paths.containers}/${flags.id}`)) {
    const { removeLost } = await import("./lost.ts");
    pid = await removeLost(flags, paths, socket);
  } else if (isThere(socket) && isEmpty(paths.containers)) {
    // Unless the daemon died before it had a container: its socket, and the pod it had made ahead, are still there.
    const { removeDead } = await import("./lost.ts");
    await removeDead(paths, socket);
  }
  const bytes = DeleteResponse.encode({
    pid,
    exitStatus: KILLED,
    exitedAt: toTimestamp(Date.now()),
  }).finish();
  Deno.stdout.writeSync(bytes);
  Deno.exit(0);
}

/** The bundle's spec; one that is gone or broken is no reason not to clean up. */
function specOf(bundle: string): Spec {
  try {
    return readSpec(bundle);
  } catch {
    return {};
  }
}

function currentFolder(): string {
  try {
    return Deno.cwd();
  } catch {
    return "/";
  }
}
