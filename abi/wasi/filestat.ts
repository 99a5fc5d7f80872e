/** Attributes of files: kinds, sizes, times. */
import { type HostCallTable, suspends } from "../host_call.ts";
import type { FileKind, FileStat, NewTimes } from "../host.ts";
import type { CommandState } from "./command_state.ts";
import { openFileAt, type Stream } from "./descriptors.ts";
import { STREAM_TYPES } from "./fdstat.ts";
import { pathAt } from "./paths.ts";
import { Errno, FileType, LOOKUP_FOLLOW, Rights } from "./types.ts";

export const COMMAND_FILESTAT: HostCallTable<CommandState> = {
  fd_filestat_get: suspends((state) => fdFilestatGet(state, PREVIEW1)),
  path_filestat_get: suspends((state) => pathFilestatGet(state, PREVIEW1)),
  fd_filestat_set_size: suspends(setSize),
  fd_filestat_set_times: suspends(fdSetTimes),
  path_filestat_set_times: suspends(pathSetTimes),
};

/** The same under `wasi_unstable`, whose attributes have a u32 of links. */
export const UNSTABLE_FILESTAT: HostCallTable<CommandState> = {
  fd_filestat_get: suspends((state) => fdFilestatGet(state, UNSTABLE)),
  path_filestat_get: suspends((state) => pathFilestatGet(state, UNSTABLE)),
};

export const FILE_TYPES: Record<FileKind, number> = {
  file: FileType.regularFile,
  directory: FileType.directory,
  symlink: FileType.symbolicLink,
  character: FileType.characterDevice,
  block: FileType.blockDevice,
  socket: FileType.socketStream,
  other: FileType.unknown,
};

/** `{u64 device, u64 inode, u8 type at 16, links, u64 size, u64 accessed, u64 modified, u64 changed}`. */
interface Layout {
  size: number;
  links: number;
  /** Where the size is; the three times follow it. */
  rest: number;
}
const PREVIEW1: Layout = { size: 64, links: 24, rest: 32 };
const UNSTABLE: Layout = { size: 56, links: 20, rest: 24 };

/** Writes attributes at `at`, which the caller has checked. */
function writeFilestat(
  { memory }: CommandState,
  layout: Layout,
  at: number,
  stat: FileStat,
): void {
  memory.clear(at, layout.size);
  memory.setU64(at, stat.device);
  memory.setU64(at + 8, stat.inode);
  memory.setU8(at + 16, FILE_TYPES[stat.kind]);
  if (layout === UNSTABLE) {
    memory.setU32(at + layout.links, Number(BigInt.asUintN(32, stat.links)));
  } else memory.setU64(at + layout.links, stat.links);
  const rest = [stat.size, stat.accessed, stat.modified, stat.changed];
  rest.forEach((value, i) => memory.setU64(at + layout.rest + 8 * i, value));
}

function writeStream(
  { memory }: CommandState,
  layout: Layout,
  at: number,
  { kind }: Stream,
): Errno {
  memory.clear(at, layout.size);
  memory.setU8(at + 16, STREAM_TYPES[kind]);
  memory.setU8(at + layout.links, 1);
  return Errno.success;
}

/** `(fd, filestat*)`: of a stream only the type. 0; 8; 21; 76; what the file says. */
function fdFilestatGet(state: CommandState, layout: Layout) {
  const { memory, descriptors } = state;
  return (fd: number, at: number): Errno | Promise<Errno> => {
    at >>>= 0;
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if ((descriptor.rights & Rights.fdFilestatGet) === 0n) {
      return Errno.notcapable;
    }
    if (!memory.holds(at, layout.size)) return Errno.fault;
    if (descriptor.type === "stream") {
      return writeStream(state, layout, at, descriptor);
    }
    return state.asked(
      "stat",
      state.files.stat(descriptor.handle),
      (stat) => writeFilestat(state, layout, at, stat),
    );
  };
}

/** `(fd, lookup flags, path, size, filestat*)`: 0; 8; 21; 28; 37; 44; 54; 76; what the file says. */
function pathFilestatGet(state: CommandState, layout: Layout) {
  return (
    fd: number,
    lookup: number,
    pathAddress: number,
    size: number,
    at: number,
  ): Errno | Promise<Errno> => {
    at >>>= 0;
    const place = pathAt(state, fd, pathAddress, size, Rights.pathFilestatGet);
    if (typeof place === "number") return place;
    if (!state.memory.holds(at, layout.size)) return Errno.fault;
    const follow = (lookup & LOOKUP_FOLLOW) !== 0;
    return state.asked(
      "stat",
      state.files.statAt(place.directory.handle, place.path, follow),
      (stat) => writeFilestat(state, layout, at, stat),
    );
  };
}

/** `(fd, size u64)`: 0; 8; 28; 31; 76; what the file says. */
function setSize(state: CommandState) {
  return (fd: number, size: bigint): Errno | Promise<Errno> => {
    const file = openFileAt(
      state.descriptors,
      fd >>> 0,
      Rights.all,
      Errno.inval,
    );
    if (typeof file === "number") return file;
    if (file.writing !== Errno.success) return file.writing;
    if ((file.rights & Rights.fdFilestatSetSize) === 0n) {
      return Errno.notcapable;
    }
    if (size < 0n) return Errno.inval;
    return state.asked(
      "setting a size",
      state.files.setSize(file.handle, size),
    );
  };
}

const SET_ACCESSED = 1;
const SET_ACCESSED_NOW = 2;
const SET_MODIFIED = 4;
const SET_MODIFIED_NOW = 8;

/** `fstflags` and two times, or 28 where they contradict themselves. */
function newTimes(
  accessed: bigint,
  modified: bigint,
  flags: number,
): NewTimes | Errno {
  const one = (time: bigint, set: number, now: number) => {
    const asked = flags & (set | now);
    if (asked === (set | now)) return undefined;
    if (asked === set) return BigInt.asUintN(64, time);
    return asked === now ? "now" : "unchanged";
  };
  if ((flags & ~0xf) !== 0) return Errno.inval;
  const first = one(accessed, SET_ACCESSED, SET_ACCESSED_NOW);
  const second = one(modified, SET_MODIFIED, SET_MODIFIED_NOW);
  return first === undefined || second === undefined
    ? Errno.inval
    : { accessed: first, modified: second };
}

/** `(fd, accessed, modified, flags)`: 0; 8; 28 for a stream or contradicting flags; 76; what the file says. */
function fdSetTimes(state: CommandState) {
  return (
    fd: number,
    accessed: bigint,
    modified: bigint,
    flags: number,
  ): Errno | Promise<Errno> => {
    const descriptor = state.descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if (descriptor.type === "stream") return Errno.inval;
    if ((descriptor.rights & Rights.fdFilestatSetTimes) === 0n) {
      return Errno.notcapable;
    }
    const times = newTimes(accessed, modified, flags);
    if (typeof times === "number") return times;
    return state.asked(
      "setting times",
      state.files.setTimes(descriptor.handle, times),
    );
  };
}

/** `(fd, lookup flags, path, size, accessed, modified, flags)`: 0; 8; 21; 28; 37; 44; 54; 76; what the file says. */
function pathSetTimes(state: CommandState) {
  return (
    fd: number,
    lookup: number,
    pathAddress: number,
    size: number,
    accessed: bigint,
    modified: bigint,
    flags: number,
  ): Errno | Promise<Errno> => {
    const right = Rights.pathFilestatSetTimes;
    const place = pathAt(state, fd, pathAddress, size, right);
    if (typeof place === "number") return place;
    const times = newTimes(accessed, modified, flags);
    if (typeof times === "number") return times;
    const follow = (lookup & LOOKUP_FOLLOW) !== 0;
    const { directory, path } = place;
    return state.asked(
      "setting times",
      state.files.setTimesAt(directory.handle, path, follow, times),
    );
  };
}
