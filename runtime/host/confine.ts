/**
 * What the host does to itself before the first guest byte: what exec would have undone. The rest of the cage is the
 * shim's (DESIGN, decision 6).
 */
import { openSystemCalls } from "../broker/system_calls.ts";
import type { Logger } from "../log.ts";

const PR_SET_DUMPABLE = 4;
const PR_SET_NO_NEW_PRIVS = 38;

/** Permissions the host needs no more once it is set up; libc's symbols stay callable. */
const GIVEN_UP = ["ffi", "run", "sys", "env"] as const;

/** Never fails the host: where a step is refused, a warning says so. */
export function confineSelf(log: Logger): void {
  try {
    const libc = Deno.dlopen("libc.so.6", {
      prctl: {
        parameters: ["i32", "usize", "usize", "usize", "usize"],
        result: "i32",
      },
    });
    const set = (option: number, value: bigint) =>
      libc.symbols.prctl(option, value, 0n, 0n, 0n) === 0;
    // Not dumpable: no other process of this user may read our memory through /proc.
    if (!set(PR_SET_NO_NEW_PRIVS, 1n) || !set(PR_SET_DUMPABLE, 0n)) {
      log.warn("prctl was refused");
    }
    libc.close();
  } catch (error) {
    log.warn(`the host could not confine itself: ${(error as Error).message}`);
  }
  try {
    openSystemCalls();
  } catch (error) {
    log.warn(`commands will have no files: ${(error as Error).message}`);
  }
  for (const name of GIVEN_UP) Deno.permissions.revokeSync({ name });
}
