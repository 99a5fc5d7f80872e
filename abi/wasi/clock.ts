/** Clocks: 0 wall, 1 monotonic; others are not supported (58). */
import { type Halves, monotonic, nanoseconds, realtime } from "../clock.ts";
import { type HostCallTable, whileAllocating } from "../host_call.ts";
import { Errno, type WasiState } from "./types.ts";

export const CLOCK: HostCallTable<WasiState> = {
  clock_time_get: whileAllocating(timeGet),
  clock_res_get: resolutionGet,
};

const MONOTONIC = 1;

/** `(id, precision, time u64*)`: nanoseconds. 0; 58; 21. */
function timeGet({ memory }: WasiState) {
  const time: Halves = { low: 0, high: 0 };
  return (id: number, _precision: bigint, at: number): Errno => {
    id >>>= 0;
    at >>>= 0;
    if (id > MONOTONIC) return Errno.notsup;
    if (!memory.holds(at, 8)) return Errno.fault;
    nanoseconds(id === MONOTONIC ? monotonic() : realtime(), time);
    memory.setU64Halves(at, time.low, time.high);
    return Errno.success;
  };
}

/** `(id, resolution u64*)`: 1 ns, as Envoy says. 0; 58; 21. */
function resolutionGet({ memory }: WasiState) {
  return (id: number, at: number): Errno => {
    at >>>= 0;
    if (id >>> 0 > MONOTONIC) return Errno.notsup;
    if (!memory.holds(at, 8)) return Errno.fault;
    memory.setU64Halves(at, 1, 0);
    return Errno.success;
  };
}
