/**
 * What Envoy's host answers a plugin that asks for files or sockets, of which it has none (ABI.md §6.2). Its errnos are
 * not always those of the specification; plugins have only ever met these.
 */
import type { HostCallTable } from "../host_call.ts";
import { isOutput } from "./plugin_fd.ts";
import { Errno, type WasiState } from "./types.ts";

export const PLUGIN_FILES: HostCallTable<WasiState> = {
  fd_advise: () => (): Errno => Errno.success,
  fd_allocate: onOutput,
  fd_datasync: onOutput,
  fd_sync: onOutput,
  fd_fdstat_set_rights: onOutput,
  fd_filestat_set_size: onOutput,
  fd_filestat_set_times: onOutput,
  fd_pread: () => (): Errno => Errno.nosys,
  fd_readdir: readdir,
  fd_renumber: () => (fd: number): Errno =>
    isOutput(fd) ? Errno.notsup : Errno.badf,
  fd_tell: tell,
  path_create_directory: notSupported,
  path_filestat_get: notSupported,
  path_filestat_set_times: notSupported,
  path_link: notSupported,
  path_open: () => (): Errno => Errno.noent,
  path_readlink: notSupported,
  path_remove_directory: notSupported,
  path_rename: notSupported,
  path_symlink: notSupported,
  path_unlink_file: notSupported,
  sock_accept: notSupported,
  sock_recv: notSupported,
  sock_send: notSupported,
  sock_shutdown: notSupported,
};

/** `(fd, …)`: 0 for 1 and 2, and nothing is done; 8. */
function onOutput() {
  return (fd: number): Errno => isOutput(fd) ? Errno.success : Errno.badf;
}

/** 58 */
function notSupported() {
  return (): Errno => Errno.notsup;
}

/** `(fd, buffer, size, cookie, used*)`: nothing, and 20, which Envoy's host took for "not a directory". 21. */
function readdir({ memory }: WasiState) {
  return (
    _fd: number,
    _at: number,
    _size: number,
    _cookie: bigint,
    usedAt: number,
  ): Errno => {
    usedAt >>>= 0;
    if (!memory.holds(usedAt, 4)) return Errno.fault;
    memory.setU32(usedAt, 0);
    return Errno.exist;
  };
}

/** `(fd, offset u64*)`: 0 and the start for 1 and 2; 8; 21. */
function tell({ memory }: WasiState) {
  return (fd: number, at: number): Errno => {
    at >>>= 0;
    if (!isOutput(fd)) return Errno.badf;
    if (!memory.holds(at, 8)) return Errno.fault;
    memory.setU64Halves(at, 0, 0);
    return Errno.success;
  };
}
