/** Paths of guests: resolved one name at a time inside a root that no symlink and no `..` leaves. */
import { FileError } from "../../abi/host.ts";

const ENOENT = 44;
const ELOOP = 32;
const ENOTDIR = 54;
const ENAMETOOLONG = 37;

/** As many symlinks as Linux follows in one path. */
const MAX_LINKS = 40;
const MAX_PATH = 4096;

/**
 * The host's path for `path` below `root`. The last name need not exist; an absolute symlink starts at the root again.
 * @param follow whether a symlink as last name is followed.
 * @throws {FileError} a name on the way that is missing or no directory, too many links, too long a path.
 */
export async function resolveInside(
  root: string,
  path: string,
  follow: boolean,
): Promise<string> {
  if (path.length > MAX_PATH) {
    throw new FileError(ENAMETOOLONG, `path of ${path.length} characters`);
  }
  if (path.includes("\0")) throw new FileError(28, "path with a NUL");
  const pending = path.split("/").filter(named).reverse();
  const done: string[] = [];
  let links = 0;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (name === "..") {
      done.pop();
      continue;
    }
    const here = join(root, [...done, name]);
    const target = await linkTarget(here, pending.length > 0);
    if (target === undefined || (pending.length === 0 && !follow)) {
      done.push(name);
      continue;
    }
    if (++links > MAX_LINKS) {
      throw new FileError(ELOOP, `${path}: too many symlinks`);
    }
    if (target.startsWith("/")) done.length = 0;
    pending.push(...target.split("/").filter(named).reverse());
  }
  return join(root, done);
}

/** Where a symlink points; undefined for anything else. A name that others follow must be a directory. */
async function linkTarget(
  path: string,
  moreFollows: boolean,
): Promise<string | undefined> {
  let info: Deno.FileInfo;
  try {
    info = await Deno.lstat(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound) || moreFollows) {
      throw fileError(error);
    }
    return undefined;
  }
  if (info.isSymlink) return await Deno.readLink(path);
  if (moreFollows && !info.isDirectory) {
    throw new FileError(ENOTDIR, "not a directory");
  }
  return undefined;
}

function named(name: string): boolean {
  return name !== "" && name !== ".";
}

function join(root: string, names: string[]): string {
  return names.length === 0
    ? root
    : `${root === "/" ? "" : root}/${names.join("/")}`;
}

const ERRNOS: [new (message: string) => Error, number][] = [
  [Deno.errors.NotFound, ENOENT],
  [Deno.errors.AlreadyExists, 20],
  [Deno.errors.PermissionDenied, 2],
  [Deno.errors.NotCapable, 2],
  [Deno.errors.IsADirectory, 31],
  [Deno.errors.NotADirectory, ENOTDIR],
  [Deno.errors.FilesystemLoop, ELOOP],
];

/** A failure of Deno's as the WASI number a guest gets; what has no number of its own is 29, an I/O error. */
export function fileError(error: unknown): FileError {
  if (error instanceof FileError) return error;
  const errno = ERRNOS.find(([type]) => error instanceof type)?.[1] ?? 29;
  return new FileError(errno, (error as Error).message);
}
