/** Paths that guests name, before the broker sees them. The broker resolves symlinks; this keeps out what is wrong anyway. */
import { Errno } from "./types.ts";

const MAX_PATH = 4096;

/**
 * `path` as seen from the directory `base` (both relative to the preopen): the joined path, or 28 for a zero byte, 37
 * for more than 4096 characters, 44 for an empty one, 76 for one that is absolute or climbs out of `base`.
 */
export function joined(base: string, path: string): string | Errno {
  if (path === "") return Errno.noent;
  if (path.length > MAX_PATH) return Errno.nametoolong;
  if (path.includes("\0")) return Errno.inval;
  if (path.startsWith("/")) return Errno.notcapable;
  let depth = 0;
  for (const segment of path.split("/")) {
    if (segment === "..") depth--;
    else if (segment !== "" && segment !== ".") depth++;
    if (depth < 0) return Errno.notcapable;
  }
  return base === "" ? path : `${base}/${path}`;
}
