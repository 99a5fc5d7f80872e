/**
 * What the host does to itself before the first guest byte: what exec would have undone. The rest of the cage is the
 * shim's (DESIGN, decision 6).
 */
import { callNow } from "../broker/system_calls.ts";
import type { Logger } from "../log.ts";

const PR_SET_DUMPABLE = 4n;
const PR_SET_NO_NEW_PRIVS = 38n;

/** Permissions the host needs no more once it is set up; libc's symbols stay callable. */
const GIVEN_UP = ["ffi", "run", "sys", "env"] as const;

/** Never fails the host: where a step is refused, a warning says so. */
export function confineSelf(log: Logger): void {
  try {
    // What opens them for commands' files as well, while that is still allowed.
    callNow("prctl", "prctl", PR_SET_NO_NEW_PRIVS, 1n, 0n, 0n, 0n);
    // Not dumpable: no other process of this user may read our memory through /proc.
    callNow("prctl", "prctl", PR_SET_DUMPABLE, 0n, 0n, 0n, 0n);
  } catch (error) {
    log.warn(
      `the host could not confine itself, and commands may have no files: ${
        (error as Error).message
      }`,
    );
  }
  for (const name of GIVEN_UP) Deno.permissions.revokeSync({ name });
}
