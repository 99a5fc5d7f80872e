/** `proxy_log`, `proxy_get_log_level` (ABI.md §1.1). */
import { type HostCallTable, whileAllocating } from "../../host_call.ts";
import type { LogLevel } from "../../host.ts";
import { MAX_LOG_BYTES } from "../limits.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const LOGGING: HostCallTable<Vm> = {
  proxy_log: whileAllocating(log),
  proxy_get_log_level: getLogLevel,
};

const CRITICAL = 5;

/**
 * `(level, message, size)`: 0; 2 for a level above 5; 6. A start section runs before the memory is known: its lines
 * answer 6 and are lost.
 */
function log({ host, memory }: Vm) {
  return (level: number, address: number, size: number): Status => {
    level >>>= 0;
    address >>>= 0;
    size >>>= 0;
    if (level > CRITICAL) return Status.badArgument;
    if (size !== 0 && !memory.holds(address, size)) {
      return Status.invalidMemoryAccess;
    }
    if (level < host.logLevel()) return Status.ok;
    const text = memory.text(address, Math.min(size, MAX_LOG_BYTES))!;
    host.log(
      level as LogLevel,
      size <= MAX_LOG_BYTES
        ? text
        : `${text}… (${size - MAX_LOG_BYTES} more bytes)`,
    );
    return Status.ok;
  };
}

/** `(level*)`: 0; 6. */
function getLogLevel({ host, memory }: Vm) {
  return (at: number): Status => {
    at >>>= 0;
    if (!memory.holds(at, 4)) return Status.invalidMemoryAccess;
    memory.setU32(at, host.logLevel());
    return Status.ok;
  };
}
