/** Arguments and environment: both are lists of zero-terminated strings behind an array of addresses. */
import type { HostCallTable } from "../host_call.ts";
import type { GuestMemory } from "../memory.ts";
import { encodeText } from "../text.ts";
import { Errno, type WasiState } from "./types.ts";

export const STRINGS: HostCallTable<WasiState> = {
  args_sizes_get: ({ memory, args }) => sizes(memory, args),
  args_get: ({ memory, args }) => contents(memory, args),
  environ_sizes_get: ({ memory, env }) => sizes(memory, env),
  environ_get: ({ memory, env }) => contents(memory, env),
};

/** A zero byte inside a string would end it early for the guest; nothing after it is passed on. */
function encoded(strings: readonly string[]): Uint8Array[] {
  return strings.map((text) => encodeText(text.split("\0", 1)[0]!));
}

/** `(count*, size*)`: how many strings, and their bytes with a zero after each. 0; 21. */
function sizes(memory: GuestMemory, strings: readonly string[]) {
  return (countAt: number, sizeAt: number): Errno => {
    countAt >>>= 0;
    sizeAt >>>= 0;
    if (!memory.canReturn(countAt, sizeAt)) return Errno.fault;
    let size = 0;
    for (const bytes of encoded(strings)) size += bytes.length + 1;
    memory.setU32(countAt, strings.length);
    memory.setU32(sizeAt, size);
    return Errno.success;
  };
}

/**
 * `(addresses*, bytes*)`. For `a`, `bc` at bytes = 100:
 *
 *     addresses: 100, 102
 *     bytes:     61 00 62 63 00
 *
 * 0; 21, and then nothing is written.
 */
function contents(memory: GuestMemory, strings: readonly string[]) {
  return (addresses: number, at: number): Errno => {
    addresses >>>= 0;
    at >>>= 0;
    const all = encoded(strings);
    let size = 0;
    for (const bytes of all) size += bytes.length + 1;
    if (
      !memory.holds(addresses, 4 * all.length) || !memory.holds(at, size)
    ) {
      return Errno.fault;
    }
    for (const bytes of all) {
      memory.setU32(addresses, at);
      memory.write(at, bytes);
      memory.setU8(at + bytes.length, 0);
      addresses += 4;
      at += bytes.length + 1;
    }
    return Errno.success;
  };
}
