/** Takes away everything a pod has outside the daemon. Both the daemon and `delete` end here; each step may be repeated. */
import { removeNamespaces } from "../cage/namespaces.ts";
import { removeCgroup } from "../cgroup/cgroup.ts";
import { unmount } from "../mounts.ts";
import type { PodPaths } from "../paths.ts";
import { readRecord } from "./record.ts";

/**
 * Ends what still runs in the pod's cgroup and removes its mounts, namespaces, folders, data and cgroup.
 * @returns in words what could not be removed.
 */
export async function cleanUpPod(paths: PodPaths): Promise<string[]> {
  const { cgroups } = readRecord(paths);
  const problems: string[] = [];
  killAll(cgroups);
  unmount(paths.containers);
  unmount(paths.stage);
  const attempt = (remove: () => void) => {
    try {
      remove();
    } catch (error) {
      problems.push((error as Error).message);
    }
  };
  attempt(() => removeNamespaces(paths.namespaces));
  attempt(() => removeFolder(paths.data));
  await removeCgroup(cgroups);
  // Last, since the record in it says what else there is, for when this is interrupted.
  attempt(() => removeFolder(paths.root));
  return problems;
}

/** Kills every process of cgroups that are ours alone: the innermost of those we made. */
function killAll(cgroups: readonly string[]): void {
  for (const folder of cgroups) {
    if (cgroups.some((other) => other.startsWith(`${folder}/`))) continue;
    let pids = "";
    try {
      pids = Deno.readTextFileSync(`${folder}/cgroup.procs`);
    } catch {
      continue; // Removed already.
    }
    for (const pid of pids.split("\n")) {
      if (Number(pid) <= 1 || Number(pid) === Deno.pid) continue;
      try {
        Deno.kill(Number(pid), "SIGKILL");
      } catch {
        // Gone meanwhile.
      }
    }
  }
}

function removeFolder(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
