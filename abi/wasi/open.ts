/** Opening files and directories. */
import { type HostCallTable, suspends } from "../host_call.ts";
import type { OpenedFile, OpenOptions } from "../host.ts";
import type { CommandState } from "./command_state.ts";
import {
  DIRECTORY_RIGHTS,
  directoryOf,
  fileOf,
  type OpenDirectory,
} from "./descriptors.ts";
import { pathAt } from "./paths.ts";
import { Errno, FdFlags, LOOKUP_FOLLOW, Rights } from "./types.ts";

export const COMMAND_OPEN: HostCallTable<CommandState> = {
  path_open: suspends(pathOpen),
};

const O_CREATE = 1;
const O_DIRECTORY = 2;
const O_EXCLUSIVE = 4;
const O_TRUNCATE = 8;

/**
 * `(fd, lookup flags, path, size, open flags, rights, inheriting rights, fd flags, new fd*)`. Whether the file is read
 * and written is what the rights ask for; beyond that a descriptor has all rights its directory may pass on, since
 * programs that were only run by wasmtime ask for too few. 0; 8; 21; 28; 33; 37; 54; 76; what the file says.
 */
function pathOpen(state: CommandState) {
  return (
    fd: number,
    lookup: number,
    pathAddress: number,
    size: number,
    flags: number,
    rights: bigint,
    _inheriting: bigint,
    fdFlags: number,
    openedAt: number,
  ): Errno | Promise<Errno> => {
    openedAt >>>= 0;
    const place = pathAt(state, fd, pathAddress, size, Rights.pathOpen);
    if (typeof place === "number") return place;
    const { directory, path } = place;
    if (!state.memory.holds(openedAt, 4)) return Errno.fault;
    if ((fdFlags & ~FdFlags.all) !== 0) return Errno.inval;
    if (!state.descriptors.hasRoom) return Errno.mfile;
    const options = optionsOf(lookup, flags, rights);
    if (!mayOpen(directory, options)) return Errno.notcapable;
    return state.asked(
      "opening a file",
      state.files.open(directory.handle, path, options),
      (opened) => add(state, directory, opened, options, fdFlags, openedAt),
    );
  };
}

function optionsOf(
  lookup: number,
  flags: number,
  rights: bigint,
): OpenOptions {
  const directory = (flags & O_DIRECTORY) !== 0;
  const write = !directory && (rights & Rights.fdWrite) !== 0n;
  return {
    // Something must be asked for: no rights at all still open a file to look at.
    read: !write || (rights & Rights.fdRead) !== 0n,
    write,
    create: (flags & O_CREATE) !== 0,
    exclusive: (flags & O_EXCLUSIVE) !== 0,
    truncate: (flags & O_TRUNCATE) !== 0,
    directory,
    follow: (lookup & LOOKUP_FOLLOW) !== 0,
  };
}

/** Whether a directory that gave up rights still has those that opening takes. */
function mayOpen(
  { rights, inheriting }: OpenDirectory,
  { read, write, create, truncate, directory }: OpenOptions,
): boolean {
  const lacks = (right: bigint) => (inheriting & right) === 0n;
  if (create && (rights & Rights.pathCreateFile) === 0n) return false;
  if (truncate && (rights & Rights.pathFilestatSetSize) === 0n) return false;
  if (directory) return true;
  return !(read && lacks(Rights.fdRead)) && !(write && lacks(Rights.fdWrite));
}

function add(
  { memory, descriptors }: CommandState,
  { inheriting }: OpenDirectory,
  { handle, kind }: OpenedFile,
  { read, write }: OpenOptions,
  fdFlags: number,
  openedAt: number,
): void {
  const opened = kind === "directory"
    ? directoryOf(handle, undefined, DIRECTORY_RIGHTS & inheriting, inheriting)
    : fileOf(handle, fdFlags, read, write, inheriting);
  memory.setU32(openedAt, descriptors.add(opened));
}
