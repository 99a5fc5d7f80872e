/** WASI preview 1 by import name, for plugins and for commands. Served under `wasi_snapshot_preview1` and `wasi_unstable`. */
import type { HostCallTable } from "../host_call.ts";
import { CLOCK, COMMAND_CLOCK } from "./clock.ts";
import type { CommandState } from "./command_state.ts";
import { COMMAND_DESCRIPTORS } from "./descriptor_calls.ts";
import { COMMAND_DURABILITY } from "./durability.ts";
import { COMMAND_FDSTAT } from "./fdstat.ts";
import { COMMAND_FILESTAT, UNSTABLE_FILESTAT } from "./filestat.ts";
import { COMMAND_NAMES } from "./names.ts";
import { COMMAND_OPEN } from "./open.ts";
import { PLUGIN_FD } from "./plugin_fd.ts";
import { PLUGIN_POLL } from "./plugin_poll.ts";
import { COMMAND_POLL, UNSTABLE_POLL } from "./poll.ts";
import { COMMAND_POSITION, UNSTABLE_POSITION } from "./position.ts";
import { COMMAND_PROCESS, PROCESS } from "./process.ts";
import { COMMAND_RANDOM, PLUGIN_RANDOM } from "./random.ts";
import { COMMAND_READDIR } from "./readdir.ts";
import { COMMAND_SOCKETS } from "./sockets.ts";
import { STRINGS } from "./strings.ts";
import { COMMAND_TRANSFER } from "./transfer.ts";
import type { WasiState } from "./types.ts";

export const PLUGIN_WASI: HostCallTable<WasiState> = {
  ...STRINGS,
  ...CLOCK,
  ...PROCESS,
  ...PLUGIN_RANDOM,
  ...PLUGIN_FD,
  ...PLUGIN_POLL,
};

export const COMMAND_WASI: HostCallTable<CommandState> = {
  ...STRINGS,
  ...COMMAND_CLOCK,
  ...COMMAND_PROCESS,
  ...COMMAND_RANDOM,
  ...COMMAND_DESCRIPTORS,
  ...COMMAND_FDSTAT,
  ...COMMAND_FILESTAT,
  ...COMMAND_TRANSFER,
  ...COMMAND_POSITION,
  ...COMMAND_DURABILITY,
  ...COMMAND_OPEN,
  ...COMMAND_READDIR,
  ...COMMAND_NAMES,
  ...COMMAND_SOCKETS,
  ...COMMAND_POLL,
};

/** What a command gets under `wasi_unstable`: the same, but for three layouts and one numbering. */
export const UNSTABLE_COMMAND_WASI: HostCallTable<CommandState> = {
  ...COMMAND_WASI,
  ...UNSTABLE_FILESTAT,
  ...UNSTABLE_POSITION,
  ...UNSTABLE_POLL,
};

/** All functions of preview 1: those without an entry above answer 52. */
export const WASI_NAMES: ReadonlySet<string> = new Set([
  "args_get",
  "args_sizes_get",
  "clock_res_get",
  "clock_time_get",
  "environ_get",
  "environ_sizes_get",
  "fd_advise",
  "fd_allocate",
  "fd_close",
  "fd_datasync",
  "fd_fdstat_get",
  "fd_fdstat_set_flags",
  "fd_fdstat_set_rights",
  "fd_filestat_get",
  "fd_filestat_set_size",
  "fd_filestat_set_times",
  "fd_pread",
  "fd_prestat_dir_name",
  "fd_prestat_get",
  "fd_pwrite",
  "fd_read",
  "fd_readdir",
  "fd_renumber",
  "fd_seek",
  "fd_sync",
  "fd_tell",
  "fd_write",
  "path_create_directory",
  "path_filestat_get",
  "path_filestat_set_times",
  "path_link",
  "path_open",
  "path_readlink",
  "path_remove_directory",
  "path_rename",
  "path_symlink",
  "path_unlink_file",
  "poll_oneoff",
  "proc_exit",
  "proc_raise",
  "random_get",
  "sched_yield",
  "sock_accept",
  "sock_recv",
  "sock_send",
  "sock_shutdown",
]);
