/** What a descriptor is and may be used for. */
import type { HostCallTable } from "../host_call.ts";
import type { StreamKind } from "../host.ts";
import type { CommandState } from "./command_state.ts";
import type { Descriptor } from "./descriptors.ts";
import { Errno, FdFlags, FileType, Rights } from "./types.ts";

export const COMMAND_FDSTAT: HostCallTable<CommandState> = {
  fd_fdstat_get: fdstatGet,
  fd_fdstat_set_flags: setFlags,
  fd_fdstat_set_rights: setRights,
};

/** A pipe has no number of its own; C's library takes a character device that cannot seek for a terminal. */
export const STREAM_TYPES: Record<StreamKind, number> = {
  pipe: FileType.unknown,
  file: FileType.regularFile,
  terminal: FileType.characterDevice,
};

function typeOf(descriptor: Descriptor): number {
  switch (descriptor.type) {
    case "directory":
      return FileType.directory;
    case "file":
      return FileType.regularFile;
    case "stream":
      return STREAM_TYPES[descriptor.kind];
  }
}

/** `(fd, fdstat*)`: 24 bytes `{u8 type, u16 flags at 2, u64 rights at 8, u64 inheriting at 16}`. 0; 8; 21. */
function fdstatGet({ memory, descriptors }: CommandState) {
  return (fd: number, at: number): Errno => {
    at >>>= 0;
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if (!memory.holds(at, 24)) return Errno.fault;
    memory.clear(at, 24);
    memory.setU8(at, typeOf(descriptor));
    memory.setU16(at + 2, descriptor.flags);
    memory.setU64(at + 8, descriptor.rights);
    memory.setU64(at + 16, descriptor.inheriting);
    return Errno.success;
  };
}

const FLAGS_OF_FILES = FdFlags.dsync | FdFlags.rsync | FdFlags.sync;

/** `(fd, flags)`: all of them can be set and cleared, those about disks on files only. 0; 8; 28; 58; 76. */
function setFlags({ descriptors }: CommandState) {
  return (fd: number, flags: number): Errno => {
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if ((descriptor.rights & Rights.fdFdstatSetFlags) === 0n) {
      return Errno.notcapable;
    }
    if ((flags & ~FdFlags.all) !== 0) return Errno.inval;
    if (descriptor.type !== "file" && (flags & FLAGS_OF_FILES) !== 0) {
      return Errno.notsup;
    }
    descriptor.flags = flags;
    return Errno.success;
  };
}

/** `(fd, rights, inheriting)`: rights can be given up, never gained. 0; 8; 76. */
function setRights({ descriptors }: CommandState) {
  return (fd: number, rights: bigint, inheriting: bigint): Errno => {
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    const more = (BigInt.asUintN(64, rights) & ~descriptor.rights) |
      (BigInt.asUintN(64, inheriting) & ~descriptor.inheriting);
    if (more !== 0n) return Errno.notcapable;
    descriptor.rights = rights;
    descriptor.inheriting = inheriting;
    if (
      descriptor.reading === Errno.success && (rights & Rights.fdRead) === 0n
    ) {
      descriptor.reading = Errno.notcapable;
    }
    if (
      descriptor.writing === Errno.success && (rights & Rights.fdWrite) === 0n
    ) {
      descriptor.writing = Errno.notcapable;
    }
    return Errno.success;
  };
}
