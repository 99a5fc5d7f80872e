/** Paths below a folder that nothing in them can lead out of: openat2(2) with RESOLVE_IN_ROOT. */
import {
  check,
  close,
  cString,
  ERRNO,
  errno,
  libcLater,
  O,
  open,
  SystemError,
} from "../libc.ts";

/** The call's number, the same on every architecture; Linux 5.6. */
const SYS_OPENAT2 = 437n;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_IN_ROOT = 0x10n;

/**
 * Opens `path` below `root` as a mount point, making what is missing of it.
 * @param isFolder whether its last part, when missing, becomes a folder or an empty file.
 * @returns an O_PATH descriptor, to be closed by the caller.
 * @throws {SystemError} naming the path.
 */
export function openMountPoint(
  root: string,
  path: string,
  isFolder: boolean,
): number {
  const base = open(root, O.PATH | O.DIRECTORY);
  try {
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    let parent = "";
    let fd = openInside(base, ".");
    parts.forEach((part, at) => {
      const next = `${parent}/${part}`;
      const last = at === parts.length - 1;
      try {
        const child = openOrMake(base, fd, next, part, !last || isFolder);
        close(fd);
        fd = child;
      } catch (error) {
        close(fd);
        throw error;
      }
      parent = next;
    });
    return fd;
  } finally {
    close(base);
  }
}

function openOrMake(
  base: number,
  parent: number,
  path: string,
  name: string,
  asFolder: boolean,
): number {
  try {
    return openInside(base, path);
  } catch (error) {
    if (!(error instanceof SystemError) || error.errno !== ERRNO.ENOENT) {
      throw error;
    }
  }
  if (asFolder) {
    check(libcLater().mkdirat(parent, cString(name), 0o755), "mkdir", path);
  } else {
    const EXCL = 0o200;
    close(check(
      libcLater().openat(
        parent,
        cString(name),
        O.CREAT | EXCL | O.WRONLY | O.CLOEXEC,
        0o644,
      ),
      "create",
      path,
    ));
  }
  return openInside(base, path);
}

function openInside(base: number, path: string): number {
  const how = new BigUint64Array([
    BigInt(O.PATH | O.CLOEXEC),
    0n,
    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS,
  ]);
  const fd = libcLater().openat2(
    SYS_OPENAT2,
    base,
    cString(path),
    how,
    BigInt(how.byteLength),
  );
  if (fd < 0n) throw new SystemError("open inside the image", path, errno());
  return Number(fd);
}
