/**
 * File descriptors as a plugin sees them: 1 and 2 can be written, there is nothing else (ABI.md §6.2). None of these
 * waits, because Go's runtime writes from inside its allocator.
 */
import { type HostCallTable, whileAllocating } from "../host_call.ts";
import { checkIovecs, gather, totalSize } from "./iovecs.ts";
import { Errno, Rights, type WasiState } from "./types.ts";

/** One call takes so much; what is left over is a short write, which guests repeat. */
const MAX_WRITE = 1024 * 1024;

export const PLUGIN_FD: HostCallTable<WasiState> = {
  fd_write: whileAllocating(fdWrite),
  fd_read: () => (): Errno => Errno.nosys,
  fd_seek: () => (fd: number): Errno => isOutput(fd) ? 0 : Errno.badf,
  fd_close: () => (fd: number): Errno => isOutput(fd) ? 0 : Errno.badf,
  fd_fdstat_get: fdstatGet,
  fd_fdstat_set_flags: () => (): Errno => Errno.nosys,
  // Go probes 3, 4, … until this: any other errno ends its start-up.
  fd_prestat_get: () => (): Errno => Errno.badf,
  fd_prestat_dir_name: () => (): Errno => Errno.nosys,
  fd_filestat_get: () => (): Errno => Errno.badf,
  fd_pwrite: fdPwrite,
};

/** Whether `fd` is one of the two that a plugin may write to. */
export function isOutput(fd: number): boolean {
  return fd === 1 || fd === 2;
}

/** `(fd, iovecs, count, written*)`: the bytes unchanged, however many calls a line takes. 0; 8; 28; 21. */
function fdWrite({ memory, host }: WasiState) {
  return (
    fd: number,
    iovecs: number,
    count: number,
    writtenAt: number,
  ): Errno => {
    if (fd !== 1 && fd !== 2) return Errno.badf;
    iovecs >>>= 0;
    count >>>= 0;
    writtenAt >>>= 0;
    const checked = checkIovecs(memory, iovecs, count);
    if (checked !== "ok") return Errno[checked];
    if (!memory.holds(writtenAt, 4)) return Errno.fault;
    const size = Math.min(totalSize(memory, iovecs, count), MAX_WRITE);
    if (size > 0) {
      // A full sink is the sink's to bound: a plugin may not wait here.
      host.write(fd, gather(memory, iovecs, count, size))?.catch(() => {});
    }
    memory.setU32(writtenAt, size);
    return Errno.success;
  };
}

/** `(fd, iovecs, count, offset, written*)`: as `fd_write`; a stream has no offsets. */
function fdPwrite(state: WasiState) {
  const write = fdWrite(state);
  return (
    fd: number,
    iovecs: number,
    count: number,
    _offset: bigint,
    writtenAt: number,
  ): Errno => write(fd, iovecs, count, writtenAt);
}

/** `(fd, stat*)`: 24 bytes for 1 and 2, the right to write and nothing else. 0; 8; 21. */
function fdstatGet({ memory }: WasiState) {
  return (fd: number, at: number): Errno => {
    at >>>= 0;
    if (!isOutput(fd)) return Errno.badf;
    if (!memory.holds(at, 24)) return Errno.fault;
    memory.clear(at, 24);
    memory.setU64(at + 8, Rights.fdWrite);
    return Errno.success;
  };
}
