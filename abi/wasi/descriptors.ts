/** A command's file descriptors: 0 to 2 are its streams, its preopened directories follow from 3. */
import type { DirectoryEntry, Preopen, StreamKind } from "../host.ts";
import { Errno, FdFlags, Rights } from "./types.ts";

/** What all descriptors have. */
interface Common {
  /** What may be done with it, and with what is opened from it. They only shrink (`fd_fdstat_set_rights`). */
  rights: bigint;
  inheriting: bigint;
  /** `fdflags` */
  flags: number;
  /** What reading and writing answer before anything else: 0, 8, 31 or 76. Kept apart because they are asked most. */
  reading: Errno;
  writing: Errno;
}

/** A standard stream. */
export interface Stream extends Common {
  type: "stream";
  stream: 0 | 1 | 2;
  kind: StreamKind;
}

/** An open directory, preopened or not. */
export interface OpenDirectory extends Common {
  type: "directory";
  /** The broker's handle. */
  handle: number;
  /** The name the guest knows the preopen by; undefined for one that the guest opened. */
  preopenPath: string | undefined;
  /** Entries as they were when the guest began to read them. */
  entries: readonly DirectoryEntry[] | undefined;
}

/** An open file. */
export interface OpenFile extends Common {
  type: "file";
  /** The broker's handle. */
  handle: number;
  offset: bigint;
}

export type Descriptor = Stream | OpenDirectory | OpenFile;

/** What there is to do with a file, what of it only with one that may be written, and what with a directory. */
const FILE_RIGHTS = Rights.fdDatasync | Rights.fdRead | Rights.fdSeek |
  Rights.fdFdstatSetFlags | Rights.fdSync | Rights.fdTell | Rights.fdWrite |
  Rights.fdAdvise | Rights.fdAllocate | Rights.fdFilestatGet |
  Rights.fdFilestatSetSize | Rights.fdFilestatSetTimes |
  Rights.pollFdReadwrite;
const WRITING_RIGHTS = Rights.fdWrite | Rights.fdAllocate |
  Rights.fdFilestatSetSize;
/** Not those that a file alone has: C's library takes a descriptor that can seek for a file. */
export const DIRECTORY_RIGHTS = Rights.all &
  ~(Rights.fdRead | Rights.fdSeek | Rights.fdTell | Rights.fdWrite |
    Rights.fdAdvise | Rights.fdAllocate | Rights.fdFilestatSetSize);
const STREAM_RIGHTS = Rights.fdFdstatSetFlags | Rights.fdFilestatGet |
  Rights.pollFdReadwrite;

/** No guest holds more open at once. */
const MAX_OPEN = 4096;

export class Descriptors {
  readonly #open = new Map<number, Descriptor>();

  constructor(
    preopens: readonly Preopen[],
    streams: readonly StreamKind[],
  ) {
    for (const stream of [0, 1, 2] as const) {
      this.#open.set(stream, streamOf(stream, streams[stream] ?? "pipe"));
    }
    preopens.forEach(({ path }, handle) => {
      this.#open.set(
        3 + handle,
        directoryOf(handle, path, DIRECTORY_RIGHTS, Rights.all),
      );
    });
  }

  get(fd: number): Descriptor | undefined {
    return this.#open.get(fd);
  }

  /** Whether another one may be opened. */
  get hasRoom(): boolean {
    return this.#open.size < MAX_OPEN;
  }

  /** The least free number for `descriptor`. */
  add(descriptor: Descriptor): number {
    let fd = 0;
    while (this.#open.has(fd)) fd++;
    this.#open.set(fd, descriptor);
    return fd;
  }

  /** Puts what `from` is at `to`; the caller closes what was there. */
  move(from: number, to: number): void {
    const descriptor = this.#open.get(from)!;
    this.#open.delete(from);
    this.#open.set(to, descriptor);
  }

  /** Forgets a number; the caller closes what is behind it. */
  remove(fd: number): void {
    this.#open.delete(fd);
  }

  /** Handles that the broker still has open, for the end of the command. */
  *handles(): Iterable<number> {
    for (const descriptor of this.#open.values()) {
      if (descriptor.type !== "stream") yield descriptor.handle;
    }
  }
}

function streamOf(stream: 0 | 1 | 2, kind: StreamKind): Stream {
  const input = stream === 0;
  return {
    type: "stream",
    stream,
    kind,
    rights: STREAM_RIGHTS | (input ? Rights.fdRead : Rights.fdWrite),
    inheriting: 0n,
    flags: 0,
    reading: input ? Errno.success : Errno.badf,
    writing: input ? Errno.badf : Errno.success,
  };
}

/** A directory that is open. */
export function directoryOf(
  handle: number,
  preopenPath: string | undefined,
  rights: bigint,
  inheriting: bigint,
): OpenDirectory {
  return {
    type: "directory",
    handle,
    preopenPath,
    entries: undefined,
    rights,
    inheriting,
    flags: 0,
    reading: Errno.isdir,
    writing: Errno.badf,
  };
}

/** A file that is open, with no more than `rights`. */
export function fileOf(
  handle: number,
  flags: number,
  reads: boolean,
  writes: boolean,
  rights: bigint,
): OpenFile {
  const asked = FILE_RIGHTS & rights & ~(reads ? 0n : Rights.fdRead) &
    ~(writes ? 0n : WRITING_RIGHTS);
  return {
    type: "file",
    handle,
    offset: 0n,
    rights: asked,
    inheriting: 0n,
    flags: flags & FdFlags.all,
    reading: reads ? Errno.success : Errno.badf,
    writing: writes ? Errno.success : Errno.badf,
  };
}

/**
 * The file behind `fd` if it may be done with what `right` says, or why not: 8, 31 for a directory, 76, or `ofStream` for
 * a stream.
 */
export function openFileAt(
  descriptors: Descriptors,
  fd: number,
  right: bigint,
  ofStream: Errno = Errno.spipe,
): OpenFile | Errno {
  const descriptor = descriptors.get(fd);
  if (descriptor === undefined) return Errno.badf;
  if (descriptor.type === "stream") return ofStream;
  if (descriptor.type === "directory") return Errno.isdir;
  return (descriptor.rights & right) === 0n ? Errno.notcapable : descriptor;
}

/** The directory behind `fd`, likewise: 8, 54, 76. */
export function openDirectoryAt(
  descriptors: Descriptors,
  fd: number,
  right: bigint,
): OpenDirectory | Errno {
  const descriptor = descriptors.get(fd);
  if (descriptor === undefined) return Errno.badf;
  if (descriptor.type !== "directory") return Errno.notdir;
  return (descriptor.rights & right) === 0n ? Errno.notcapable : descriptor;
}
