/**
 * What a task or a pod may leave behind: processes, mounts, sockets and files under `/run`, network namespaces (they
 * are files of `/run/netns`), bundles, cgroups, pods' ends on the bridge, kept data. Taken before a test and compared
 * after it; what is still there when the deadline has passed fails the test.
 */
import { readProc } from "./box.ts";
import type { Containerd } from "./containerd.ts";
import { untilEmpty } from "./poll.ts";

/** Folders that stay once they were made; their contents do not. */
const SHELVES = new Set([
  "/run/containerd",
  "/run/containerd/s",
  "/run/containerd/fifo",
  "/run/layotto",
  "/run/layotto/s",
  "/run/layotto/bin",
  "/run/netns",
]);

/**
 * Others' own: the folders runc leaves behind (the harness is tried with it), and the FIFOs `ctr` makes for a task,
 * which it does not remove when the task is gone before it could.
 */
const OTHERS = /^\/run\/containerd\/(runc(\/[^/]+)?$|fifo\/)/;

/** One line for each thing that exists now. */
export type Snapshot = Set<string>;

export async function snapshot(of: Containerd): Promise<Snapshot> {
  return new Set([
    ...await processes(of),
    ...await mounts(of),
    ...runtimeFiles(of),
    ...bundles(of),
    ...cgroups(of),
    ...kept(of),
    ...(of.network?.members() ?? []).map((name) => `pod interface ${name}`),
  ]);
}

/**
 * Waits until nothing exists that did not exist in `before`.
 * @throws {Error} naming what is left.
 */
export async function assertNothingLeft(
  of: Containerd,
  before: Snapshot,
): Promise<void> {
  await untilEmpty("left over", async () => {
    const now = await snapshot(of);
    return [...now].filter((line) => !before.has(line));
  });
}

/** Processes of the box but its first, containerd and the commands of tests. */
async function processes(of: Containerd): Promise<string[]> {
  const proc = of.box.path("/proc");
  const found: string[] = [];
  for (const { name } of Deno.readDirSync(proc)) {
    if (!/^\d+$/.test(name) || name === "1") continue;
    const status = await readProc(`${proc}/${name}/status`);
    // Process 1 reaps; a zombie that has another parent is that parent's fault and counts.
    if (status === "") continue;
    const zombie = /^State:\tZ/m.test(status);
    if (zombie && /^PPid:\t1$/m.test(status)) continue;
    const args = (await readProc(`${proc}/${name}/cmdline`))
      .replaceAll("\0", " ").trim();
    if (args.startsWith("containerd -c ") || args.startsWith("ctr ")) continue;
    const title = /^Name:\t(.*)$/m.exec(status)?.[1];
    found.push(
      `process ${name}: ${zombie ? `zombie ${title}` : args || title}`,
    );
  }
  return found;
}

async function mounts(of: Containerd): Promise<string[]> {
  const table = await readProc(of.box.path("/proc/1/mountinfo"));
  return table.split("\n").filter((line) => line !== "")
    .map((line) => `mount ${line.split(" ")[4]}`);
}

/** Everything below the box's `/run`, which was empty when the box was opened. */
function runtimeFiles(of: Containerd): string[] {
  return walk(of.box.path("/run"), "/run")
    .filter((path) => !SHELVES.has(path) && !OTHERS.test(path)).map((path) =>
      `file ${path}`
    );
}

function bundles(of: Containerd): string[] {
  return ["root", "state"].flatMap((folder) => {
    const base = `${of.folder}/${folder}/io.containerd.runtime.v2.task`;
    return list(base).flatMap((namespace) =>
      list(`${base}/${namespace}`)
        .map((id) => `${folder} folder of task ${namespace}/${id}`)
    );
  });
}

/** cgroups inside the parents that carry our token, in every hierarchy. */
function cgroups(of: Containerd): string[] {
  const hierarchies = ["", ...list("/sys/fs/cgroup")];
  return hierarchies.flatMap((name) => {
    const base = `/sys/fs/cgroup/${name}`;
    return list(base).filter((group) => group.includes(of.token))
      .flatMap((group) => folders(`${base}/${group}`))
      .map((path) => `cgroup ${path}`);
  });
}

/** Data kept for pods on the node. */
function kept(of: Containerd): string[] {
  const folder = "/var/lib/layotto/pods";
  return walk(of.box.path(folder), folder).map((path) => `kept ${path}`);
}

function walk(path: string, shown = path): string[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(path)];
  } catch {
    return [];
  }
  return entries.flatMap((entry) => {
    const inner = `${shown}/${entry.name}`;
    return entry.isDirectory
      ? [inner, ...walk(`${path}/${entry.name}`, inner)]
      : [inner];
  });
}

function folders(path: string): string[] {
  return list(path).map((name) => `${path}/${name}`)
    .filter((inner) => isFolder(inner))
    .flatMap((inner) => [inner, ...folders(inner)]);
}

function isFolder(path: string): boolean {
  try {
    return Deno.lstatSync(path).isDirectory;
  } catch {
    return false;
  }
}

function list(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map((entry) => entry.name);
  } catch {
    return [];
  }
}
