/** Where in a file a command stands. */
import { type HostCallTable, suspends } from "../host_call.ts";
import type { CommandState } from "./command_state.ts";
import { type OpenFile, openFileAt } from "./descriptors.ts";
import { Errno, Rights } from "./types.ts";

export const COMMAND_POSITION: HostCallTable<CommandState> = {
  fd_seek: suspends((state) => fdSeek(state, PREVIEW1)),
  fd_tell: fdTell,
};

/** The same under `wasi_unstable`, which numbers the places to seek from in another order. */
export const UNSTABLE_POSITION: HostCallTable<CommandState> = {
  fd_seek: suspends((state) => fdSeek(state, UNSTABLE)),
};

type From = "start" | "current" | "end";
const PREVIEW1: readonly From[] = ["start", "current", "end"];
const UNSTABLE: readonly From[] = ["current", "end", "start"];

/** `(fd, offset, whence, new offset u64*)`: 0; 8; 28; 21; 31; 70 for a stream; 76. */
function fdSeek(state: CommandState, numbers: readonly From[]) {
  const { memory, descriptors } = state;
  return (
    fd: number,
    offset: bigint,
    whence: number,
    newAt: number,
  ): Errno | Promise<Errno> => {
    newAt >>>= 0;
    const from = numbers[whence >>> 0];
    const asks = from === "current" && offset === 0n;
    const right = asks ? Rights.fdSeek | Rights.fdTell : Rights.fdSeek;
    const file = openFileAt(descriptors, fd >>> 0, right);
    if (typeof file === "number") return file;
    if (!memory.holds(newAt, 8)) return Errno.fault;
    switch (from) {
      case "start":
        return seek(state, file, offset, newAt);
      case "current":
        return seek(state, file, file.offset + offset, newAt);
      case "end":
        return state.asked(
          "seeking from a file's end",
          state.files.stat(file.handle),
          ({ size }) => seek(state, file, size + offset, newAt),
        );
      default:
        return Errno.inval;
    }
  };
}

function seek(
  { memory }: CommandState,
  file: OpenFile,
  to: bigint,
  newAt: number,
): Errno {
  if (to < 0n || to >= 1n << 63n) return Errno.inval;
  file.offset = to;
  memory.setU64(newAt, to);
  return Errno.success;
}

/** `(fd, offset u64*)`: 0; 8; 21; 31; 70 for a stream; 76. */
function fdTell({ memory, descriptors }: CommandState) {
  return (fd: number, at: number): Errno => {
    at >>>= 0;
    const file = openFileAt(descriptors, fd >>> 0, Rights.fdTell);
    if (typeof file === "number") return file;
    if (!memory.holds(at, 8)) return Errno.fault;
    memory.setU64(at, file.offset);
    return Errno.success;
  };
}
