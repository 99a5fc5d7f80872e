/** Getting data to the disk, room for it, and hints about it. */
import { type HostCallTable, suspends } from "../host_call.ts";
import type { CommandState } from "./command_state.ts";
import { openFileAt } from "./descriptors.ts";
import { Errno, Rights } from "./types.ts";

export const COMMAND_DURABILITY: HostCallTable<CommandState> = {
  fd_sync: suspends((state) => sync(state, Rights.fdSync, false)),
  fd_datasync: suspends((state) => sync(state, Rights.fdDatasync, true)),
  fd_advise: advise,
  fd_allocate: suspends(allocate),
};

/** `(fd)`: files and directories. 0; 8; 28 for a stream; 76; what the file says. */
function sync(state: CommandState, right: bigint, dataOnly: boolean) {
  return (fd: number): Errno | Promise<Errno> => {
    const descriptor = state.descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if (descriptor.type === "stream") return Errno.inval;
    if ((descriptor.rights & right) === 0n) return Errno.notcapable;
    return state.asked(
      "syncing a file",
      state.files.sync(descriptor.handle, dataOnly),
    );
  };
}

const GREATEST_ADVICE = 5;

/** `(fd, offset, size, advice)`: taken note of, which is all that advice asks for. 0; 8; 28; 31; 70; 76. */
function advise({ descriptors }: CommandState) {
  return (fd: number, offset: bigint, size: bigint, advice: number): Errno => {
    const file = openFileAt(descriptors, fd >>> 0, Rights.fdAdvise);
    if (typeof file === "number") return file;
    return offset < 0n || size < 0n || advice >>> 0 > GREATEST_ADVICE
      ? Errno.inval
      : Errno.success;
  };
}

/** `(fd, offset, size)`: 0; 8; 22 past the greatest offset; 28 for no bytes; 31; 70; 76; what the file says. */
function allocate(state: CommandState) {
  return (
    fd: number,
    offset: bigint,
    size: bigint,
  ): Errno | Promise<Errno> => {
    const file = openFileAt(state.descriptors, fd >>> 0, Rights.all);
    if (typeof file === "number") return file;
    if (file.writing !== Errno.success) return file.writing;
    if ((file.rights & Rights.fdAllocate) === 0n) return Errno.notcapable;
    if (offset < 0n || size <= 0n) return Errno.inval;
    if (offset + size >= 1n << 63n) return Errno.fbig;
    return state.asked(
      "making room in a file",
      state.files.allocate(file.handle, offset, size),
    );
  };
}
