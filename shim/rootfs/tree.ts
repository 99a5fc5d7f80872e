/**
 * A container's tree as a host sees it: the image's root and the volumes in it. It is put together in a private place
 * and then moved into the pod's shared one, so that a running host sees it appear whole, with every flag as it should
 * be (a later remount would not reach the host's copy).
 */
import type { SpecMount } from "../bundle.ts";
import { close, MS } from "../libc.ts";
import { mount, unmount } from "../mounts.ts";
import { isBind, type RootMount } from "./layers.ts";
import { openMountPoint } from "./inside.ts";

/** What a tree is made of. */
export interface TreeOptions {
  mounts: readonly RootMount[];
  /** The folder the spec names, for when there are no mounts. */
  fallback: string;
  readOnly: boolean;
  /** The spec's mounts; those that are no binds (`/proc`, `/dev`, …) have no meaning for a function. */
  volumes: readonly SpecMount[];
}

/** mount(2) takes one page of options. */
const MAX_OPTIONS = 4000;

const FLAG_WORDS: Record<string, number> = {
  ro: MS.RDONLY,
  nosuid: MS.NOSUID,
  nodev: MS.NODEV,
  noexec: MS.NOEXEC,
  noatime: MS.NOATIME,
};
const IGNORED_WORDS = new Set(["rw", "bind", "rbind"]);

/**
 * Mounts a container's tree on `target`, which must lie in a shared mount; `stage` is a folder in a private one.
 * @throws {SystemError} naming what could not be mounted where; then nothing is mounted.
 */
export function mountTree(
  stage: string,
  target: string,
  options: TreeOptions,
): void {
  Deno.mkdirSync(stage, { recursive: true });
  Deno.mkdirSync(target, { recursive: true, mode: 0o755 });
  try {
    mountRoot(stage, options);
    for (const volume of options.volumes) {
      if (wanted(volume)) mountVolume(stage, volume);
    }
    const readOnly = options.readOnly ? MS.RDONLY : 0;
    mount(
      "",
      stage,
      "",
      MS.REMOUNT | MS.BIND | MS.NOSUID | MS.NODEV | readOnly,
    );
    mount(stage, target, "", MS.MOVE);
  } catch (error) {
    unmount(stage);
    removeEmpty(target);
    throw error;
  } finally {
    removeEmpty(stage);
  }
}

/** Takes a tree away and removes its folder; one that is not there is no matter. */
export function unmountTree(target: string): void {
  unmount(target);
  removeEmpty(target);
}

function mountRoot(stage: string, { mounts, fallback }: TreeOptions): void {
  const root = mounts.at(-1);
  if (root === undefined || isBind(root)) {
    mount(root?.source ?? fallback, stage, "", MS.BIND | MS.REC);
    mount("", stage, "", MS.PRIVATE | MS.REC);
    if (root?.options.includes("ro")) {
      mount("", stage, "", MS.REMOUNT | MS.BIND | MS.RDONLY);
    }
    return;
  }
  const { flags, data } = split(root.options);
  if (data.length <= MAX_OPTIONS) {
    mount(root.source || root.type, stage, root.type, flags, data);
    return;
  }
  mountFromCommonFolder(root, stage, flags, data);
}

/** Many layers do not fit into a page unless they are named from the folder they have in common. */
function mountFromCommonFolder(
  root: RootMount,
  stage: string,
  flags: number,
  data: string,
): void {
  const lower = root.options.find((word) => word.startsWith("lowerdir="));
  const folders = (lower ?? "").slice("lowerdir=".length).split(":");
  const common = commonFolder(folders);
  const short = data.replace(
    lower ?? "",
    `lowerdir=${
      folders.map((folder) => folder.slice(common.length + 1)).join(":")
    }`,
  );
  // The working directory is this thread's own and back before anything else can run.
  Deno.chdir(common === "" ? "/" : common);
  try {
    mount(root.source || root.type, stage, root.type, flags, short);
  } finally {
    Deno.chdir("/");
  }
}

function commonFolder(folders: readonly string[]): string {
  const lists = folders.map((folder) => folder.split("/").slice(0, -1));
  const first = lists[0] ?? [];
  let length = 0;
  while (
    length < first.length &&
    lists.every((list) => list[length] === first[length])
  ) length++;
  return first.slice(0, length).join("/");
}

/** Mount options as the call takes them: flags by number, the rest as text. */
function split(options: readonly string[]): { flags: number; data: string } {
  let flags = 0;
  const data: string[] = [];
  for (const word of options) {
    const flag = FLAG_WORDS[word];
    if (flag !== undefined) flags |= flag;
    else if (!IGNORED_WORDS.has(word)) data.push(word);
  }
  return { flags, data: data.join(",") };
}

/** Volumes, `/etc/hosts` and their like; not the kernel's own file systems, nor what hides them. */
function wanted(volume: SpecMount): boolean {
  return isBind(volume) && volume.source !== undefined &&
    !/^\/+(proc|sys|dev)(\/|$)/.test(volume.destination);
}

function mountVolume(stage: string, volume: SpecMount): void {
  const source = volume.source ?? "";
  const isFolder = Deno.statSync(source).isDirectory;
  const fd = openMountPoint(stage, volume.destination, isFolder);
  try {
    const options = volume.options ?? [];
    const recursive = options.includes("bind") ? 0 : MS.REC;
    mount(source, `/proc/self/fd/${fd}`, "", MS.BIND | recursive);
    // The descriptor still names what lies below the mount: only a fresh look finds the mount itself.
    const top = openMountPoint(stage, volume.destination, isFolder);
    try {
      const path = `/proc/self/fd/${top}`;
      mount("", path, "", MS.PRIVATE | MS.REC);
      const { flags } = split(options);
      mount(
        "",
        path,
        "",
        MS.REMOUNT | MS.BIND | MS.NOSUID | MS.NODEV | flags,
      );
    } finally {
      close(top);
    }
  } finally {
    close(fd);
  }
}

function removeEmpty(folder: string): void {
  try {
    Deno.removeSync(folder);
  } catch (error) {
    // What is mounted or not empty stays for `delete`; what is gone is what was wanted.
    if (error instanceof Deno.errors.NotFound) return;
  }
}
