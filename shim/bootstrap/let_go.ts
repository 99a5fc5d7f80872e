/** How a daemon leaves whoever started it. */
import { close, libc, O, open } from "../libc.ts";

/** Descriptors of this process, with what they lead to. */
const DESCRIPTORS = "/proc/self/fd";

/**
 * Keeps neither the bundle, which goes one day (where the current folder is gone nothing can be loaded), nor the
 * session of who started us. (Asked for at spawn, a session of its own would cost `start` a fork in the place of a
 * vfork: 2 ms.)
 */
export function leaveFolder(): void {
  libc().setsid();
  Deno.chdir("/");
}

/** Keeps none of the streams of whoever started us. */
export function letGo(): void {
  // Deno works on copies of the first three, and who reads a pipe to its end waits for all of them.
  const streams = new Set(["0", "1", "2"].map(targetOf));
  const copies = [...Deno.readDirSync(DESCRIPTORS)]
    .filter(({ name }) => streams.has(targetOf(name)));
  const nowhere = open("/dev/null", O.RDWR);
  for (const fd of copies.map(({ name }) => Number(name))) {
    libc().dup3(nowhere, fd, fd > 2 ? O.CLOEXEC : 0);
  }
  close(nowhere);
}

/** What a descriptor leads to: a path, or kind and number of what has none. */
function targetOf(fd: string): string {
  try {
    return Deno.readLinkSync(`${DESCRIPTORS}/${fd}`);
  } catch {
    return ""; // Closed, or the one that listed them.
  }
}
