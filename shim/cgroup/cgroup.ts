/** The cgroup of a pod's hosts: made, limited, read, removed. */
import { sleep } from "../../proto/after.ts";
import { isThere } from "../folder.ts";
import {
  CGROUP_ROOT,
  type CgroupVersion,
  cgroupVersion,
  expandCgroupsPath,
  V1_CONTROLLERS,
} from "./path.ts";

/** How often and how long apart removal is tried while its processes are still dying. */
const REMOVE_TRIES = 100;
const REMOVE_PAUSE_MS = 10;

/** One folder per hierarchy that matters, made by us or found there. */
export class Cgroup {
  readonly version: CgroupVersion;
  /** v1: folder by controller; v2: the one folder, under "". */
  readonly folders: ReadonlyMap<string, string>;
  /** Folders that did not exist before, outermost first: what is removed in the end. */
  readonly made: readonly string[];

  private constructor(
    version: CgroupVersion,
    folders: Map<string, string>,
    made: string[],
  ) {
    this.version = version;
    this.folders = folders;
    this.made = made;
  }

  /**
   * Makes the cgroup of that OCI path in every hierarchy.
   * @returns undefined for an empty path, which asks for none.
   * @throws {TypeError} on a path that is none; whatever `mkdir` throws.
   */
  static make(cgroupsPath: string, root = CGROUP_ROOT): Cgroup | undefined {
    const path = expandCgroupsPath(cgroupsPath);
    if (path === "") return undefined;
    const version = cgroupVersion(root);
    const folders = new Map<string, string>();
    const made: string[] = [];
    try {
      for (const controller of version === 2 ? [""] : V1_CONTROLLERS) {
        const top = controller === "" ? root : `${root}/${controller}`;
        if (!isThere(top)) continue;
        makeFolders(top, path, version, made);
        folders.set(controller, `${top}/${path}`);
      }
    } catch (error) {
      for (const folder of made.toReversed()) removeFolder(folder);
      throw error;
    }
    return new Cgroup(version, folders, made);
  }

  /** The files into which a process writes `0` to enter. */
  get procs(): string[] {
    return [...this.folders.values()].map((folder) => `${folder}/cgroup.procs`);
  }

  /** Text of one of its files, or undefined where there is none. `controller` counts on v1 alone. */
  read(controller: string, file: string): string | undefined {
    const folder = this.folders.get(this.version === 2 ? "" : controller);
    if (folder === undefined) return undefined;
    try {
      return Deno.readTextFileSync(`${folder}/${file}`);
    } catch {
      // A controller that is off, or a cgroup that went: no figure.
      return undefined;
    }
  }

  /** Writes one of its files. @throws what the kernel answers, with the file's name. */
  write(controller: string, file: string, text: string): void {
    const folder = this.folders.get(this.version === 2 ? "" : controller);
    if (folder === undefined) return;
    const path = `${folder}/${file}`;
    try {
      // Without `create`: a file that is not there is a controller that is off, not a file to make.
      Deno.writeTextFileSync(path, text, { create: false });
    } catch (error) {
      throw new Error(`${path}: ${text}: ${(error as Error).message}`);
    }
  }
}

/**
 * Removes folders that were made, outermost first in `made`; waits while their last processes die.
 * @returns the folders that could not be removed, because something else lives in them.
 */
export async function removeCgroup(made: readonly string[]): Promise<string[]> {
  let left = made.toReversed();
  for (let at = 0; at < REMOVE_TRIES; at++) {
    left = left.filter((folder) => !removeFolder(folder));
    if (left.length === 0 || left.every(hasChildren)) break;
    await sleep(REMOVE_PAUSE_MS);
  }
  return left;
}

/** Makes each missing folder of `path`; on v2 hands the controllers down to it. */
function makeFolders(
  top: string,
  path: string,
  version: CgroupVersion,
  made: string[],
): void {
  let folder = top;
  for (const part of path.split("/")) {
    if (version === 2) handDown(folder);
    folder += `/${part}`;
    try {
      Deno.mkdirSync(folder);
      made.push(folder);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
  }
}

function handDown(folder: string): void {
  for (const controller of ["memory", "cpu", "pids"]) {
    try {
      Deno.writeTextFileSync(
        `${folder}/cgroup.subtree_control`,
        `+${controller}`,
        { create: false },
      );
    } catch {
      // On already, or not ours to turn on: then there are no figures and no limits of it.
    }
  }
}

/** @returns whether the folder is gone. */
function removeFolder(folder: string): boolean {
  try {
    Deno.removeSync(folder);
    return true;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

/** Whether another cgroup lives in this one, so that waiting is no use. */
function hasChildren(folder: string): boolean {
  try {
    for (const entry of Deno.readDirSync(folder)) {
      if (entry.isDirectory) return true;
    }
  } catch {
    // Gone meanwhile.
  }
  return false;
}
