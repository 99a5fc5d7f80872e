/** What a host sees of folders that hold every pod's things: its own pod's alone. */
import { close, MS, O, open } from "../libc.ts";
import { mount, unmount } from "../mounts.ts";

/** Where below its folder in `/run/layotto` a pod has mounts; see `paths.ts`. */
const POD_MOUNTS = ["c", "stage", "ns/net", "ns/uts", "ns/ipc"];

/**
 * Covers `shelf` with an empty folder in which `own`, a path below it, appears at its place. All hosts may be one user,
 * so permissions alone would let one pod read another's trees and data. Only in a mount namespace of our own.
 *
 * The bind is made through a descriptor, since its source is out of reach once the cover is on; a slave mount bound
 * anew is a slave of the same master, so what is mounted below `own` later still appears.
 */
export function showOnly(shelf: string, own: string): void {
  const fd = open(own, O.PATH | O.DIRECTORY);
  try {
    letGoOfOthers(shelf, own);
    mount(
      "tmpfs",
      shelf,
      "tmpfs",
      MS.NOSUID | MS.NODEV | MS.NOEXEC,
      "mode=0711,size=64k",
    );
    Deno.mkdirSync(own, { recursive: true, mode: 0o711 });
    mount(`/proc/self/fd/${fd}`, own, "", MS.BIND | MS.REC);
  } finally {
    close(fd);
  }
}

/**
 * Detaches our copies of other pods' mounts. Where `/` is private no unmounting reaches this namespace, and a copy left
 * here would keep another pod's network namespace and layers busy for as long as this host lives.
 */
function letGoOfOthers(shelf: string, own: string): void {
  for (const { name } of Deno.readDirSync(shelf)) {
    const pod = `${shelf}/${name}`;
    if (own === pod || own.startsWith(`${pod}/`)) continue;
    for (const point of POD_MOUNTS) unmount(`${pod}/${point}`);
  }
}
