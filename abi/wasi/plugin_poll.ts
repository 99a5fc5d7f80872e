/** `poll_oneoff` for plugins. */
import { type HostCallTable, whileAllocating } from "../host_call.ts";
import { Errno, type WasiState } from "./types.ts";

export const PLUGIN_POLL: HostCallTable<WasiState> = {
  poll_oneoff: whileAllocating(pollOneoff),
};

/**
 * `(in, out, count, events*)`: no events, at once. Go's runtime sleeps with it, also inside its allocator, and dies of
 * any errno; blocking here would block every instance of the isolate. 0; 21.
 */
function pollOneoff({ memory }: WasiState) {
  return (
    _in: number,
    _out: number,
    _count: number,
    eventsAt: number,
  ): Errno => {
    eventsAt >>>= 0;
    if (!memory.holds(eventsAt, 4)) return Errno.fault;
    memory.setU32(eventsAt, 0);
    return Errno.success;
  };
}
