/** Closing and moving descriptors, and the names of those that were there from the start. */
import { type HostCallTable, suspends } from "../host_call.ts";
import { encodeText } from "../text.ts";
import type { CommandState } from "./command_state.ts";
import type { Descriptor } from "./descriptors.ts";
import { Errno } from "./types.ts";

export const COMMAND_DESCRIPTORS: HostCallTable<CommandState> = {
  fd_close: suspends(fdClose),
  fd_renumber: suspends(fdRenumber),
  fd_prestat_get: prestatGet,
  fd_prestat_dir_name: prestatDirName,
};

/** `(fd)`: 0; 8; what the file says, and then too the number is free. */
function fdClose(state: CommandState) {
  const { descriptors } = state;
  return (fd: number): Errno | Promise<Errno> => {
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    descriptors.remove(fd >>> 0);
    return letGo(state, descriptor);
  };
}

function letGo(
  state: CommandState,
  descriptor: Descriptor,
): Errno | Promise<Errno> {
  if (descriptor.type === "stream") return Errno.success;
  return state.asked("closing a file", state.files.close(descriptor.handle));
}

/** `(from, to)`: `to`, which must be open, is closed and becomes what `from` was; preopens can be moved too. 0; 8. */
function fdRenumber(state: CommandState) {
  const { descriptors } = state;
  return (from: number, to: number): Errno | Promise<Errno> => {
    from >>>= 0;
    to >>>= 0;
    const replaced = descriptors.get(to);
    if (descriptors.get(from) === undefined || replaced === undefined) {
      return Errno.badf;
    }
    if (from === to) return Errno.success;
    descriptors.move(from, to);
    return letGo(state, replaced);
  };
}

/** The name of the preopen `fd`, or undefined. */
function preopenName(
  { descriptors }: CommandState,
  fd: number,
): Uint8Array | undefined {
  const directory = descriptors.get(fd >>> 0);
  return directory?.type !== "directory" || directory.preopenPath === undefined
    ? undefined
    : encodeText(directory.preopenPath);
}

/** `(fd, prestat*)`: 8 bytes `{u8 0 = directory, u32 size of its name at 4}`. 0; 8; 21. */
function prestatGet(state: CommandState) {
  const { memory } = state;
  return (fd: number, at: number): Errno => {
    at >>>= 0;
    const name = preopenName(state, fd);
    if (name === undefined) return Errno.badf;
    if (!memory.holds(at, 8)) return Errno.fault;
    memory.setU32(at, 0);
    memory.setU32(at + 4, name.length);
    return Errno.success;
  };
}

/** `(fd, name, size)`: the name without a zero at its end. 0; 8; 21; 37 for less room than it takes. */
function prestatDirName(state: CommandState) {
  return (fd: number, at: number, size: number): Errno => {
    const name = preopenName(state, fd);
    if (name === undefined) return Errno.badf;
    if (size >>> 0 < name.length) return Errno.nametoolong;
    return state.memory.write(at >>> 0, name) ? Errno.success : Errno.fault;
  };
}
