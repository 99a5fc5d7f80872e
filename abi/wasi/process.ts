/** The end of a guest, and giving way. */
import type { HostCallTable } from "../host_call.ts";
import { ProcExit } from "../trap.ts";
import type { WasiState } from "./types.ts";
import { Errno } from "./types.ts";

export const PROCESS: HostCallTable<WasiState> = {
  proc_exit: procExit,
  sched_yield: () => (): Errno => Errno.success,
};

/** `(code)`: unwinds the guest and does not return. For a plugin it is a failure, as in Envoy. */
function procExit(state: WasiState) {
  return (code: number): never => {
    state.exitCode = code >>> 0;
    throw new ProcExit(code >>> 0);
  };
}
