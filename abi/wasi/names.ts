/** Making, moving, linking and removing what has a name. */
import { type HostCallTable, suspends } from "../host_call.ts";
import { writeByteString } from "../text.ts";
import type { CommandState } from "./command_state.ts";
import { pathAt } from "./paths.ts";
import { Errno, LOOKUP_FOLLOW, Rights } from "./types.ts";

export const COMMAND_NAMES: HostCallTable<CommandState> = {
  path_create_directory: suspends((state) =>
    onOne(state, "makeDirectory", Rights.pathCreateDirectory)
  ),
  path_remove_directory: suspends((state) =>
    onOne(state, "removeDirectory", Rights.pathRemoveDirectory)
  ),
  path_unlink_file: suspends((state) =>
    onOne(state, "removeFile", Rights.pathUnlinkFile)
  ),
  path_rename: suspends(rename),
  path_link: suspends(link),
  path_symlink: suspends(symlink),
  path_readlink: suspends(readlink),
};

/** `(fd, path, size)`: 0; 8; 21; 28; 37; 44; 54; 76; what the file says. */
function onOne(
  state: CommandState,
  call: "makeDirectory" | "removeDirectory" | "removeFile",
  right: bigint,
) {
  return (
    fd: number,
    pathAddress: number,
    size: number,
  ): Errno | Promise<Errno> => {
    const place = pathAt(state, fd, pathAddress, size, right);
    if (typeof place === "number") return place;
    const { directory, path } = place;
    return state.asked(call, state.files[call](directory.handle, path));
  };
}

/** A path as a guest names it: descriptor, address, size, and the right it takes. */
type Named = [fd: number, address: number, size: number, right: bigint];

/** Both places of a call that has two, or what is wrong with the first that is. */
function twoPlaces(state: CommandState, source: Named, target: Named) {
  const from = pathAt(state, ...source);
  if (typeof from === "number") return from;
  const to = pathAt(state, ...target);
  return typeof to === "number" ? to : [from, to] as const;
}

/** `(fd, path, size, new fd, new path, size)`: 0; 8; 21; 28; 37; 44; 54; 76; what the files say. */
function rename(state: CommandState) {
  return (
    fd: number,
    pathAddress: number,
    size: number,
    newFd: number,
    newAddress: number,
    newSize: number,
  ): Errno | Promise<Errno> => {
    const places = twoPlaces(
      state,
      [fd, pathAddress, size, Rights.pathRenameSource],
      [newFd, newAddress, newSize, Rights.pathRenameTarget],
    );
    if (typeof places === "number") return places;
    const [from, to] = places;
    return state.asked(
      "renaming",
      state.files.rename(
        from.directory.handle,
        from.path,
        to.directory.handle,
        to.path,
      ),
    );
  };
}

/** `(fd, lookup flags, path, size, new fd, new path, size)`: 0; 8; 21; 28; 37; 44; 54; 76; what the files say. */
function link(state: CommandState) {
  return (
    fd: number,
    lookup: number,
    pathAddress: number,
    size: number,
    newFd: number,
    newAddress: number,
    newSize: number,
  ): Errno | Promise<Errno> => {
    const places = twoPlaces(
      state,
      [fd, pathAddress, size, Rights.pathLinkSource],
      [newFd, newAddress, newSize, Rights.pathLinkTarget],
    );
    if (typeof places === "number") return places;
    const [from, to] = places;
    return state.asked(
      "linking",
      state.files.link(
        from.directory.handle,
        from.path,
        (lookup & LOOKUP_FOLLOW) !== 0,
        to.directory.handle,
        to.path,
      ),
    );
  };
}

const MAX_TARGET = 4096;

/** `(target, size, fd, path, size)`: the target may say anything, it is resolved when it is followed. As above. */
function symlink(state: CommandState) {
  const { memory } = state;
  return (
    targetAddress: number,
    targetSize: number,
    fd: number,
    pathAddress: number,
    size: number,
  ): Errno | Promise<Errno> => {
    targetAddress >>>= 0;
    targetSize >>>= 0;
    const place = pathAt(state, fd, pathAddress, size, Rights.pathSymlink);
    if (typeof place === "number") return place;
    if (!memory.holds(targetAddress, targetSize)) return Errno.fault;
    if (targetSize >= MAX_TARGET) return Errno.nametoolong;
    const target = memory.byteString(targetAddress, targetSize)!;
    if (target === "") return Errno.noent;
    if (target.includes("\0")) return Errno.inval;
    const { directory, path } = place;
    return state.asked(
      "making a symlink",
      state.files.makeSymlink(target, directory.handle, path),
    );
  };
}

/** `(fd, path, size, buffer, size, used*)`: a longer target is cut, as by POSIX. 0; 8; 21; 28; 37; 44; 54; 76. */
function readlink(state: CommandState) {
  const { memory } = state;
  return (
    fd: number,
    pathAddress: number,
    size: number,
    bufferAt: number,
    bufferSize: number,
    usedAt: number,
  ): Errno | Promise<Errno> => {
    bufferAt >>>= 0;
    bufferSize >>>= 0;
    usedAt >>>= 0;
    const place = pathAt(state, fd, pathAddress, size, Rights.pathReadlink);
    if (typeof place === "number") return place;
    if (!memory.holds(bufferAt, bufferSize) || !memory.holds(usedAt, 4)) {
      return Errno.fault;
    }
    const { directory, path } = place;
    return state.asked(
      "reading a symlink",
      state.files.readLink(directory.handle, path),
      (target) => {
        const part = target.slice(0, bufferSize);
        const bytes = new Uint8Array(part.length);
        writeByteString(bytes, 0, part);
        memory.write(bufferAt, bytes);
        memory.setU32(usedAt, part.length);
      },
    );
  };
}
