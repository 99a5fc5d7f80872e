/** What is in a directory. */
import { type HostCallTable, suspends } from "../host_call.ts";
import type { DirectoryEntry } from "../host.ts";
import { writeByteString } from "../text.ts";
import type { CommandState } from "./command_state.ts";
import { type OpenDirectory, openDirectoryAt } from "./descriptors.ts";
import { FILE_TYPES } from "./filestat.ts";
import { Errno, Rights } from "./types.ts";

export const COMMAND_READDIR: HostCallTable<CommandState> = {
  fd_readdir: suspends(readdir),
};

/**
 * `(fd, buffer, size, cookie, used*)`: entries from the one numbered `cookie` on, the last one cut where the buffer
 * ends, which tells the guest to come again. Each is `{u64 next cookie, u64 inode, u32 name size, u8 type, 3 zeros}`
 * and its name. Cookie 0 looks anew; the others go on in what was seen then. 0; 8; 21; 54; 76; what the directory says.
 */
function readdir(state: CommandState) {
  const { memory, descriptors } = state;
  return (
    fd: number,
    at: number,
    size: number,
    cookie: bigint,
    usedAt: number,
  ): Errno | Promise<Errno> => {
    at >>>= 0;
    size >>>= 0;
    usedAt >>>= 0;
    const directory = openDirectoryAt(descriptors, fd >>> 0, Rights.fdReaddir);
    if (typeof directory === "number") return directory;
    if (!memory.holds(at, size) || !memory.holds(usedAt, 4)) {
      return Errno.fault;
    }
    if (cookie !== 0n && directory.entries !== undefined) {
      give(state, directory, at, size, cookie, usedAt);
      return Errno.success;
    }
    return state.asked(
      "reading a directory",
      state.files.list(directory.handle),
      (entries) => {
        directory.entries = entries;
        give(state, directory, at, size, cookie, usedAt);
      },
    );
  };
}

function give(
  { memory }: CommandState,
  { entries = [] }: OpenDirectory,
  at: number,
  size: number,
  cookie: bigint,
  usedAt: number,
): void {
  let used = 0;
  let index = cookie < 0n || cookie > BigInt(entries.length)
    ? entries.length
    : Number(cookie);
  for (; index < entries.length && used < size; index++) {
    const record = direntOf(entries[index]!, index + 1);
    const part = record.subarray(0, size - used);
    memory.write(at + used, part);
    used += part.length;
  }
  memory.setU32(usedAt, used);
}

function direntOf(
  { name, kind, inode }: DirectoryEntry,
  next: number,
): Uint8Array {
  const record = new Uint8Array(24 + name.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(next), true);
  view.setBigUint64(8, inode, true);
  view.setUint32(16, name.length, true);
  view.setUint8(20, FILE_TYPES[kind]);
  writeByteString(record, 24, name);
  return record;
}
