/** Paths of guests, looked up by the kernel inside a preopened folder that no symlink and no `..` leaves (openat2(2)). */
import { FileError } from "../../abi/host.ts";
import { call, callIfAtHand, callNow, cPath } from "./system_calls.ts";

const arm64 = Deno.build.arch === "aarch64";

/** Flags of open(2); two differ by architecture. */
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0o100,
  EXCL: 0o200,
  NOCTTY: 0o400,
  TRUNC: 0o1000,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DIRECTORY: arm64 ? 0o40000 : 0o200000,
  NOFOLLOW: arm64 ? 0o100000 : 0o400000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
} as const;

const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_BENEATH = 0x08n;
const RESOLVE_IN_ROOT = 0x10n;
/** Only what the kernel has in memory; Linux 5.12. */
const RESOLVE_CACHED = 0x20n;
const HOW_SIZE = 24n;
const XDEV = 75;

/** The present folder, for the `*at` calls. */
export const AT_FDCWD = -100n;

/** An open folder of a guest: its descriptor, and that of the preopen it lies in (the same one for the preopen itself). */
export interface Folder {
  fd: number;
  root: number;
}

/**
 * openat2(2) of `path` seen from `folder`. From a preopen, absolute symlinks and `..` start at and stop at it, as at the
 * root of a container. From a folder in it the kernel must not climb, since it would not know where to stop; a path that
 * does is looked up again from the preopen.
 * @param flags of open(2); `O.NOFOLLOW` for a symlink as last name that shall not be followed.
 * @returns a descriptor, to be closed by the caller.
 * @throws {FileError}
 */
export async function openInside(
  folder: Folder,
  path: string,
  flags: number,
  mode = 0,
): Promise<number> {
  const isRoot = folder.fd === folder.root;
  const resolve = isRoot ? RESOLVE_IN_ROOT : RESOLVE_BENEATH;
  try {
    return await openat2(folder.fd, path, flags, mode, resolve);
  } catch (error) {
    if (isRoot || !(error instanceof FileError) || error.errno !== XDEV) {
      throw error;
    }
  }
  const from = pathInRoot(folder);
  return await openat2(
    folder.root,
    `${from}/${path}`,
    flags,
    mode,
    RESOLVE_IN_ROOT,
  );
}

async function openat2(
  fd: number,
  path: string,
  flags: number,
  mode: number,
  resolve: bigint,
): Promise<number> {
  const how = new BigUint64Array([
    BigInt(flags | O.CLOEXEC),
    BigInt(mode),
    resolve | RESOLVE_NO_MAGICLINKS | RESOLVE_CACHED,
  ]);
  const args = [BigInt(fd), cPath(path), how, HOW_SIZE] as const;
  if ((flags & (O.CREAT | O.TRUNC)) === 0) {
    const opened = callIfAtHand("openat2", "path", ...args);
    if (opened !== undefined) return opened;
  }
  how[2] = resolve | RESOLVE_NO_MAGICLINKS;
  return await call("openat2", "path", ...args);
}

/** Opens a folder of the host itself. @throws {FileError} */
export function openFolder(path: string): number {
  return openOwn(path, O.PATH | O.DIRECTORY);
}

/** Opens a path of the host itself. @throws {FileError} */
export function openOwn(path: string, flags: number): number {
  const bytes = new TextEncoder().encode(path);
  const how = new BigUint64Array([BigInt(flags | O.CLOEXEC), 0n, 0n]);
  const name = cPath(String.fromCharCode(...bytes));
  return callNow("openat2", "path", AT_FDCWD, name, how, HOW_SIZE);
}

/** Where a folder is now, seen from its preopen; where it was removed, a path that leads nowhere. */
function pathInRoot({ fd, root }: Folder): string {
  const top = linkTarget(procPath(root));
  const here = linkTarget(procPath(fd));
  if (here === top) return ".";
  const prefix = top === "/" ? "/" : `${top}/`;
  if (!here.startsWith(prefix)) {
    throw new FileError(XDEV, "the folder is no longer in its preopen");
  }
  return here.slice(prefix.length);
}

/** A path by which the kernel finds what a descriptor is of. */
export function procPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

function linkTarget(path: string): string {
  const target = new Uint8Array(LONGEST);
  const size = callNow(
    "readlinkat",
    "path",
    AT_FDCWD,
    cPath(path),
    target,
    BigInt(LONGEST),
  );
  return byteString(target, size);
}

const LONGEST = 4096;

/** The first `size` bytes as a byte string. */
export function byteString(bytes: Uint8Array, size: number): string {
  let text = "";
  for (let i = 0; i < size; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/**
 * Calls `use` with the folder that `path`'s last name lies in, and that name with the slashes after it, for the calls
 * that never follow a last name. "." and ".." as last name reach them too: each of those calls refuses them.
 */
export async function withParent<T>(
  folder: Folder,
  path: string,
  use: (parent: bigint, name: Uint8Array) => Promise<T>,
): Promise<T> {
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end--;
  const start = path.lastIndexOf("/", end - 1) + 1;
  const name = cPath(path.slice(start));
  if (start === 0) return await use(BigInt(folder.fd), name);
  const parent = await openInside(
    folder,
    path.slice(0, start),
    O.PATH | O.DIRECTORY,
  );
  try {
    return await use(BigInt(parent), name);
  } finally {
    closeNow(parent);
  }
}

/** Closes a descriptor that nothing was written through, which never waits. */
export function closeNow(fd: number): void {
  callNow("close", "numbers", BigInt(fd), 0n, 0n, 0n);
}
