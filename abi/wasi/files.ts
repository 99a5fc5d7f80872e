/** A command's files: preopens, attributes, directories, opening. All of it goes through the broker, suspended. */
import { type HostCallTable, suspends } from "../host_call.ts";
import type { FileKind, FileStat, OpenOptions } from "../host.ts";
import { encodeText } from "../text.ts";
import type { CommandState } from "./command_state.ts";
import type { DirectoryEntry, OpenDirectory } from "./descriptors.ts";
import { errnoOf } from "./file_errors.ts";
import { joined } from "./paths.ts";
import { Errno, FDFLAG_APPEND, FileType, Rights } from "./types.ts";

export const COMMAND_FILES: HostCallTable<CommandState> = {
  fd_prestat_get: prestatGet,
  fd_prestat_dir_name: prestatDirName,
  fd_fdstat_get: fdstatGet,
  fd_fdstat_set_flags: fdstatSetFlags,
  fd_filestat_get: suspends(fdFilestatGet),
  path_filestat_get: suspends(pathFilestatGet),
  path_open: suspends(pathOpen),
  fd_readdir: suspends(readdir),
};

const TYPES: Record<FileKind, number> = {
  file: FileType.regularFile,
  directory: FileType.directory,
  symlink: FileType.symbolicLink,
  other: FileType.unknown,
};

/** `(fd, prestat*)`: 8 bytes `{u8 0 = directory, u32 size of its name at 4}`. 0; 8; 21. */
function prestatGet({ memory, descriptors }: CommandState) {
  return (fd: number, at: number): Errno => {
    at >>>= 0;
    const directory = descriptors.get(fd >>> 0);
    if (
      directory?.type !== "directory" || directory.preopenPath === undefined
    ) {
      return Errno.badf;
    }
    if (!memory.holds(at, 8)) return Errno.fault;
    memory.setU32(at, 0);
    memory.setU32(at + 4, encodeText(directory.preopenPath).length);
    return Errno.success;
  };
}

/** `(fd, name, size)`: the name without a zero at its end. 0; 8; 21; 37 for less room than it takes. */
function prestatDirName({ memory, descriptors }: CommandState) {
  return (fd: number, at: number, size: number): Errno => {
    const directory = descriptors.get(fd >>> 0);
    if (
      directory?.type !== "directory" || directory.preopenPath === undefined
    ) {
      return Errno.badf;
    }
    const name = encodeText(directory.preopenPath);
    if (size >>> 0 < name.length) return Errno.nametoolong;
    return memory.write(at >>> 0, name) ? Errno.success : Errno.fault;
  };
}

/** `(fd, fdstat*)`: 24 bytes `{u8 type, u16 flags at 2, u64 rights at 8, u64 inheriting at 16}`. 0; 8; 21. */
function fdstatGet({ memory, descriptors }: CommandState) {
  return (fd: number, at: number): Errno => {
    at >>>= 0;
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if (!memory.holds(at, 24)) return Errno.fault;
    memory.clear(at, 24);
    switch (descriptor.type) {
      case "directory":
        memory.setU8(at, FileType.directory);
        // Not those that a file alone has: C's library takes a descriptor that can seek for a file.
        memory.setU64(
          at + 8,
          Rights.all & ~(Rights.fdSeek | Rights.fdTell | Rights.fdRead |
            Rights.fdWrite),
        );
        memory.setU64(at + 16, Rights.all);
        break;
      case "file":
        memory.setU8(at, FileType.regularFile);
        memory.setU16(at + 2, descriptor.append ? FDFLAG_APPEND : 0);
        memory.setU64(
          at + 8,
          Rights.all & ~(descriptor.readable ? 0n : Rights.fdRead) &
            ~(descriptor.writable ? 0n : Rights.fdWrite) & ~Rights.fdReaddir,
        );
        break;
      default:
        // A pipe or a log, never a terminal: C's library would call a character device that cannot seek one.
        memory.setU8(at, FileType.unknown);
        memory.setU64(
          at + 8,
          descriptor.type === "stdin" ? Rights.fdRead : Rights.fdWrite,
        );
    }
    return Errno.success;
  };
}

/** `(fd, flags)`: append on files can be set and cleared; other flags only be left off. 0; 8; 58. */
function fdstatSetFlags({ descriptors }: CommandState) {
  return (fd: number, flags: number): Errno => {
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if (descriptor.type !== "file") {
      return flags === 0 ? Errno.success : Errno.notsup;
    }
    if ((flags & ~FDFLAG_APPEND) !== 0) return Errno.notsup;
    descriptor.append = (flags & FDFLAG_APPEND) !== 0;
    return Errno.success;
  };
}

/**
 * 64 bytes at `at`, which the caller has checked:
 * `{u64 device, u64 inode, u8 type at 16, u64 links at 24, u64 size, u64 accessed, u64 modified, u64 changed}`.
 */
function writeFilestat(
  { memory }: CommandState,
  at: number,
  stat: FileStat,
): void {
  memory.clear(at, 64);
  memory.setU64(at + 8, stat.inode);
  memory.setU8(at + 16, TYPES[stat.kind]);
  memory.setU64(at + 24, stat.links);
  memory.setU64(at + 32, stat.size);
  memory.setU64(at + 40, stat.accessed);
  memory.setU64(at + 48, stat.modified);
  memory.setU64(at + 56, stat.changed);
}

async function statInto(
  state: CommandState,
  preopen: number,
  path: string,
  follow: boolean,
  at: number,
): Promise<Errno> {
  let stat: FileStat;
  try {
    stat = await state.host.files!.stat(preopen, path, follow);
  } catch (error) {
    return errnoOf(state.host, `stat of ${path}`, error);
  }
  writeFilestat(state, at, stat);
  return Errno.success;
}

/** `(fd, filestat*)`: zeros for a stream. 0; 8; 21; what the file says. */
function fdFilestatGet(state: CommandState) {
  const { memory, descriptors } = state;
  return (fd: number, at: number): Errno | Promise<Errno> => {
    at >>>= 0;
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if (!memory.holds(at, 64)) return Errno.fault;
    if (descriptor.type === "stdin" || descriptor.type === "stdout") {
      memory.clear(at, 64);
      return Errno.success;
    }
    return statInto(state, descriptor.preopen, descriptor.path, true, at);
  };
}

const LOOKUP_FOLLOW = 1;

/** A path that the guest names: where it is, or an errno. */
function locate(
  { memory, descriptors }: CommandState,
  fd: number,
  pathAt: number,
  size: number,
): { directory: OpenDirectory; path: string } | Errno {
  const directory = descriptors.get(fd);
  if (directory === undefined) return Errno.badf;
  if (directory.type !== "directory") return Errno.notdir;
  const text = memory.text(pathAt, size);
  if (text === undefined) return Errno.fault;
  const path = joined(directory.path, text);
  return typeof path === "number" ? path : { directory, path };
}

/** `(fd, lookup flags, path, size, filestat*)`: 0; 8; 21; 28; 37; 44; 54; 76; what the file says. */
function pathFilestatGet(state: CommandState) {
  return (
    fd: number,
    lookup: number,
    pathAt: number,
    size: number,
    at: number,
  ): Errno | Promise<Errno> => {
    at >>>= 0;
    const place = locate(state, fd >>> 0, pathAt >>> 0, size >>> 0);
    if (typeof place === "number") return place;
    if (!state.memory.holds(at, 64)) return Errno.fault;
    return statInto(
      state,
      place.directory.preopen,
      place.path,
      (lookup & LOOKUP_FOLLOW) !== 0,
      at,
    );
  };
}

const O_CREATE = 1;
const O_DIRECTORY = 2;
const O_EXCLUSIVE = 4;
const O_TRUNCATE = 8;

/**
 * `(fd, lookup flags, path, size, open flags, rights, inheriting rights, fd flags, new fd*)`. Reading and writing are
 * what the rights ask for. 0; 8; 21; 28; 33; 37; 54; 76; what the file says.
 */
function pathOpen(state: CommandState) {
  return (
    fd: number,
    lookup: number,
    pathAt: number,
    size: number,
    flags: number,
    rights: bigint,
    _inheriting: bigint,
    fdFlags: number,
    openedAt: number,
  ): Errno | Promise<Errno> => {
    openedAt >>>= 0;
    const place = locate(state, fd >>> 0, pathAt >>> 0, size >>> 0);
    if (typeof place === "number") return place;
    if (!state.memory.holds(openedAt, 4)) return Errno.fault;
    if (!state.descriptors.hasRoom) return Errno.mfile;
    const writes = (rights & Rights.fdWrite) !== 0n;
    const options: OpenOptions = {
      // Something must be asked for: no rights at all still open a file to look at.
      read: !writes || (rights & Rights.fdRead) !== 0n,
      write: writes,
      create: (flags & O_CREATE) !== 0,
      exclusive: (flags & O_EXCLUSIVE) !== 0,
      truncate: (flags & O_TRUNCATE) !== 0,
      directory: (flags & O_DIRECTORY) !== 0,
      followSymlinks: (lookup & LOOKUP_FOLLOW) !== 0,
    };
    const append = (fdFlags & FDFLAG_APPEND) !== 0;
    return open(state, place.directory, place.path, options, append, openedAt);
  };
}

async function open(
  { host, memory, descriptors }: CommandState,
  { preopen }: OpenDirectory,
  path: string,
  options: OpenOptions,
  append: boolean,
  openedAt: number,
): Promise<Errno> {
  const files = host.files!;
  try {
    const { handle, stat } = await files.open(preopen, path, options);
    const isDirectory = stat.kind === "directory";
    // Directories are worked with by path: the handle would only be held open.
    if (isDirectory) await files.close(handle);
    const fd = descriptors.add(
      isDirectory
        ? {
          type: "directory",
          preopen,
          path,
          preopenPath: undefined,
          entries: undefined,
        }
        : {
          type: "file",
          handle,
          preopen,
          path,
          offset: 0n,
          append,
          readable: options.read,
          writable: options.write,
        },
    );
    memory.setU32(openedAt, fd);
    return Errno.success;
  } catch (error) {
    return errnoOf(host, `path_open of ${path}`, error);
  }
}

/**
 * `(fd, buffer, size, cookie, used*)`: entries from the one numbered `cookie` on, the last one cut where the buffer
 * ends, which tells the guest to come again. Each is `{u64 next cookie, u64 inode, u32 name size, u8 type, 3 zeros}`
 * and its name. 0; 8; 21; 54; what the directory says.
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
    const directory = descriptors.get(fd >>> 0);
    if (directory === undefined) return Errno.badf;
    if (directory.type !== "directory") return Errno.notdir;
    if (!memory.holds(at, size) || !memory.holds(usedAt, 4)) {
      return Errno.fault;
    }
    return readEntries(state, directory, at, size, cookie, usedAt);
  };
}

async function readEntries(
  { host, memory }: CommandState,
  directory: OpenDirectory,
  at: number,
  size: number,
  cookie: bigint,
  usedAt: number,
): Promise<Errno> {
  if (cookie === 0n || directory.entries === undefined) {
    try {
      directory.entries = await entriesOf(host.files!, directory);
    } catch (error) {
      return errnoOf(host, `fd_readdir of ${directory.path}`, error);
    }
  }
  const { entries } = directory;
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
  return Errno.success;
}

async function entriesOf(
  files: NonNullable<CommandState["host"]["files"]>,
  { preopen, path }: OpenDirectory,
): Promise<DirectoryEntry[]> {
  const { inode } = await files.stat(preopen, path, true);
  return [
    { name: ".", kind: "directory", inode },
    { name: "..", kind: "directory", inode: 0n },
    ...await files.list(preopen, path),
  ];
}

function direntOf(entry: DirectoryEntry, next: number): Uint8Array {
  const name = encodeText(entry.name);
  const record = new Uint8Array(24 + name.length);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(next), true);
  view.setBigUint64(8, entry.inode, true);
  view.setUint32(16, name.length, true);
  view.setUint8(20, TYPES[entry.kind]);
  record.set(name, 24);
  return record;
}
