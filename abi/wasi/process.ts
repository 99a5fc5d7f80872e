/** The end of a guest, signals to itself, and giving way. */
import type { HostCallTable } from "../host_call.ts";
import { ProcExit } from "../trap.ts";
import { unwind } from "../unwind.ts";
import type { WasiState } from "./types.ts";
import { Errno } from "./types.ts";

export const PROCESS: HostCallTable<WasiState> = {
  proc_exit: procExit,
  sched_yield: () => (): Errno => Errno.success,
  proc_raise: procRaise,
};

/** `(code)`: unwinds the guest and does not return. For a plugin it is a failure, as in Envoy. */
function procExit(state: WasiState) {
  return (code: number): never => exit(state, code >>> 0);
}

function exit(state: WasiState, code: number): never {
  state.exitCode = code;
  unwind(new ProcExit(code));
}

/**
 * What a signal does to a process that has no handlers, by its number in WASI: Linux's number of one that ends it,
 * nothing, or a stop, which is not to be had here.
 */
const SIGNALS: readonly (number | "nothing" | "stop")[] = [
  "nothing", // none
  1, // hup
  2, // int
  3, // quit
  4, // ill
  5, // trap
  6, // abrt
  7, // bus
  8, // fpe
  9, // kill
  10, // usr1
  11, // segv
  12, // usr2
  13, // pipe
  14, // alrm
  15, // term
  "nothing", // chld
  "nothing", // cont
  "stop", // stop
  "stop", // tstp
  "stop", // ttin
  "stop", // ttou
  "nothing", // urg
  24, // xcpu
  25, // xfsz
  26, // vtalrm
  27, // prof
  "nothing", // winch
  29, // poll
  30, // pwr
  31, // sys
];

/** `(signal)`: ends the guest with 128 + the signal as Linux counts, where it ends one. 0; 28; 58 for a stop. */
function procRaise(state: WasiState) {
  return (signal: number): Errno => {
    const effect = SIGNALS[signal >>> 0];
    if (effect === undefined) return Errno.inval;
    if (effect === "nothing") return Errno.success;
    return effect === "stop" ? Errno.notsup : exit(state, 128 + effect);
  };
}
