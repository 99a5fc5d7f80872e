/** Random bytes. */
import type { HostCallTable } from "../host_call.ts";
import { Errno, type WasiState } from "./types.ts";

/** One call of `crypto.getRandomValues`, and all that a plugin may ask for at once (Envoy's limit). */
const CHUNK = 65536;

export const PLUGIN_RANDOM: HostCallTable<WasiState> = {
  random_get: (state) => randomGet(state, CHUNK),
};

export const COMMAND_RANDOM: HostCallTable<WasiState> = {
  random_get: (state) => randomGet(state, Infinity),
};

/** `(address, size)`: 0; 28 for more than `max` bytes; 21. */
function randomGet({ memory }: WasiState, max: number) {
  return (address: number, size: number): Errno => {
    address >>>= 0;
    size >>>= 0;
    if (size > max) return Errno.inval;
    if (size === 0) return Errno.success;
    if (!memory.holds(address, size)) return Errno.fault;
    for (let at = 0; at < size; at += CHUNK) {
      const part = new Uint8Array(Math.min(CHUNK, size - at));
      memory.write(address + at, crypto.getRandomValues(part));
    }
    return Errno.success;
  };
}
