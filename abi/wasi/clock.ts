/** Clocks: 0 wall, 1 monotonic; for commands also 2 and 3, the time the guest has run. */
import { type Halves, monotonic, nanoseconds, realtime } from "../clock.ts";
import { type HostCallTable, whileAllocating } from "../host_call.ts";
import type { CommandState } from "./command_state.ts";
import { Errno, type WasiState } from "./types.ts";

export const CLOCK: HostCallTable<WasiState> = {
  clock_time_get: whileAllocating((state) => timeGet(state)),
  clock_res_get: (state) => resolutionGet(state),
};

export const COMMAND_CLOCK: HostCallTable<CommandState> = {
  clock_time_get: (state) => timeGet(state, () => state.running),
  clock_res_get: (state) => resolutionGet(state, PROCESS, THREAD),
};

const MONOTONIC = 1;
const PROCESS = 2;
const THREAD = 3;

/** `(id, precision, time u64*)`: nanoseconds. `running` is for clocks 2 and 3. 0; 58 for any other; 21. */
function timeGet({ memory }: WasiState, running?: () => number) {
  const time: Halves = { low: 0, high: 0 };
  return (id: number, _precision: bigint, at: number): Errno => {
    id >>>= 0;
    at >>>= 0;
    if (id > (running ? THREAD : MONOTONIC)) return Errno.notsup;
    if (!memory.holds(at, 8)) return Errno.fault;
    const now = id === 0
      ? realtime()
      : id === MONOTONIC
      ? monotonic()
      : running!();
    nanoseconds(now, time);
    memory.setU64Halves(at, time.low, time.high);
    return Errno.success;
  };
}

/** `(id, resolution u64*)`: 1 ns, as Envoy says. 0; 58; 21. */
function resolutionGet({ memory }: WasiState, ...more: number[]) {
  return (id: number, at: number): Errno => {
    id >>>= 0;
    at >>>= 0;
    if (id > MONOTONIC && !more.includes(id)) return Errno.notsup;
    if (!memory.holds(at, 8)) return Errno.fault;
    memory.setU64Halves(at, 1, 0);
    return Errno.success;
  };
}
