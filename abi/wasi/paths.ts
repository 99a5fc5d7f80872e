/** Paths that guests name, before the broker sees them. The broker resolves symlinks; this keeps out what is wrong anyway. */
import type { CommandState } from "./command_state.ts";
import { type OpenDirectory, openDirectoryAt } from "./descriptors.ts";
import { Errno } from "./types.ts";

const MAX_PATH = 4096;

/** A path as a guest names it: seen from an open directory, a byte string. */
export interface Place {
  directory: OpenDirectory;
  path: string;
}

/** The path of `size` bytes at `address`, seen from `fd`, which must have `right`; or 8, 21, 28, 37, 44, 54 or 76. */
export function pathAt(
  { memory, descriptors }: CommandState,
  fd: number,
  address: number,
  size: number,
  right: bigint,
): Place | Errno {
  const directory = openDirectoryAt(descriptors, fd >>> 0, right);
  if (typeof directory === "number") return directory;
  size >>>= 0;
  if (!memory.holds(address >>> 0, size)) return Errno.fault;
  if (size > MAX_PATH) return Errno.nametoolong;
  const path = memory.byteString(address >>> 0, size)!;
  const wrong = wrongWith(path);
  return wrong === Errno.success ? { directory, path } : wrong;
}

/** What is wrong with a path: 44 for an empty one, 28 for a zero byte, 76 for one that is absolute or climbs out. */
export function wrongWith(path: string): Errno {
  if (path === "") return Errno.noent;
  if (path.includes("\0")) return Errno.inval;
  if (path.startsWith("/")) return Errno.notcapable;
  if (!path.includes("..")) return Errno.success;
  let depth = 0;
  for (const segment of path.split("/")) {
    if (segment === "..") depth--;
    else if (segment !== "" && segment !== ".") depth++;
    if (depth < 0) return Errno.notcapable;
  }
  return Errno.success;
}
