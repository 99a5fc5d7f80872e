/** mount(2) and umount2(2) as this room uses them. */
import { check, cString, errno, libc, MNT_DETACH, MS } from "./libc.ts";

/**
 * mount(2). An empty `source`, `type` or `options` is passed as NULL.
 * @throws {SystemError} naming the target.
 */
export function mount(
  source: string,
  target: string,
  type: string,
  flags: number,
  options = "",
): void {
  const optional = (text: string) => text === "" ? null : cString(text);
  check(
    libc().mount(
      optional(source),
      cString(target),
      optional(type),
      BigInt(flags),
      optional(options),
    ),
    "mount",
    source === "" ? target : `${source} on ${target}`,
  );
}

/** Binds `path` on itself, so that it is a mount whose propagation can be its own. */
export function makeMountPoint(
  path: string,
  propagation: typeof MS.PRIVATE | typeof MS.SHARED,
): void {
  mount(path, path, "", MS.BIND);
  // First out of the peer group of the parent, or what is mounted here would spread over the node.
  mount("", path, "", MS.PRIVATE);
  if (propagation === MS.SHARED) mount("", path, "", MS.SHARED);
}

/**
 * Takes away what is mounted on `path`, all layers of it. What is not mounted is no matter.
 * @returns whether anything was mounted.
 */
export function unmount(path: string): boolean {
  let any = false;
  while (libc().umount2(cString(path), MNT_DETACH) === 0) any = true;
  return any;
}

/** Why the last `unmount` found nothing more to do; for messages. */
export const lastErrno = errno;
