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
import { PLUGIN_FILES } from "./plugin_files.ts";
import { PLUGIN_POLL } from "./plugin_poll.ts";
import { COMMAND_POLL, UNSTABLE_POLL } from "./poll.ts";
import { COMMAND_POSITION, UNSTABLE_POSITION } from "./position.ts";
import { PROCESS } from "./process.ts";
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
  ...PLUGIN_FILES,
  ...PLUGIN_POLL,
};

export const COMMAND_WASI: HostCallTable<CommandState> = {
  ...STRINGS,
  ...COMMAND_CLOCK,
  ...PROCESS,
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
