/**
 * Functions of `env` that belong to no ABI but to the runtimes that compilers put into modules: Emscripten's two that
 * Envoy provides too, and AssemblyScript's `abort` and `seed`, which `asc` imports unless told otherwise.
 */
import {
  type HostCallTable,
  type HostState,
  whileAllocating,
} from "./host_call.ts";
import { LogLevel } from "./host.ts";
import { unwind } from "./unwind.ts";

export const GUEST_RUNTIMES: HostCallTable<HostState> = {
  pthread_equal: () => (left: number, right: number) => left === right ? 1 : 0,
  emscripten_notify_memory_growth: whileAllocating(() => (_: number) => {}),
  abort: whileAllocating(abort),
  seed: () => () => Math.random() * Date.now(),
};

/** AssemblyScript's `abort(message, file, line, column)`: says where, then traps. Strings are UTF-16, size at -4. */
function abort({ host, memory }: HostState) {
  function string(address: number): string {
    if (address < 4 || !memory.holds(address - 4, 4)) return "";
    const size = Math.min(memory.u32(address - 4), 4096);
    const bytes = memory.copy(address, size);
    return bytes === undefined ? "" : new TextDecoder("utf-16le").decode(bytes);
  }
  return (message: number, file: number, line: number, column: number) => {
    const text = `abort: ${string(message >>> 0)} at ${string(file >>> 0)}:` +
      `${line >>> 0}:${column >>> 0}`;
    host.log(LogLevel.critical, text);
    unwind(new Error(text));
  };
}
