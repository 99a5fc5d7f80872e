/** Reading and writing a command's descriptors. What waits suspends the command. */
import { type HostCallTable, suspends } from "../host_call.ts";
import type { CommandState } from "./command_state.ts";
import { type OpenFile, openFileAt } from "./descriptors.ts";
import { errnoOf } from "./file_errors.ts";
import { checkIovecs, gather, scatter, totalSize } from "./iovecs.ts";
import { Errno, FdFlags, Rights } from "./types.ts";

/** Bytes moved by one call; more is a short read or write, which guests repeat. */
const MAX_TRANSFER = 1024 * 1024;

export const COMMAND_TRANSFER: HostCallTable<CommandState> = {
  fd_write: suspends(fdWrite),
  fd_read: suspends(fdRead),
  fd_pwrite: suspends(fdPwrite),
  fd_pread: suspends(fdPread),
};

/** Checks an iovec list and the address of the count; 0, 28 or 21. */
function checkTransfer(
  { memory }: CommandState,
  iovecs: number,
  count: number,
  doneAt: number,
): Errno {
  const checked = checkIovecs(memory, iovecs, count);
  if (checked !== "ok") return Errno[checked];
  return memory.holds(doneAt, 4) ? Errno.success : Errno.fault;
}

/** `(fd, iovecs, count, written*)`: 0; 8; 28; 21; 76; what the file says. Waits where the sink is full. */
function fdWrite(state: CommandState) {
  const { memory, host, descriptors } = state;
  return (
    fd: number,
    iovecs: number,
    count: number,
    writtenAt: number,
  ): Errno | Promise<Errno> => {
    iovecs >>>= 0;
    count >>>= 0;
    writtenAt >>>= 0;
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined || descriptor.type === "directory") {
      return Errno.badf;
    }
    if (descriptor.writing !== Errno.success) return descriptor.writing;
    const bad = checkTransfer(state, iovecs, count, writtenAt);
    if (bad !== Errno.success) return bad;
    const bytes = gather(memory, iovecs, count, MAX_TRANSFER);
    const size = bytes.length;
    if (descriptor.type === "file") {
      return (descriptor.flags & FdFlags.append) === 0
        ? writeAt(state, descriptor, descriptor.offset, bytes, writtenAt, true)
        : append(state, descriptor, bytes, writtenAt, true);
    }
    const { stream } = descriptor;
    const full = size === 0 ? undefined : host.write(stream as 1 | 2, bytes);
    memory.setU32(writtenAt, size);
    return full === undefined ? Errno.success : state.waiting(full).then(
      () => Errno.success,
      (error) => errnoOf(host, "a write to a stream", error),
    );
  };
}

async function writeAt(
  state: CommandState,
  file: OpenFile,
  offset: bigint,
  bytes: Uint8Array,
  writtenAt: number,
  moves: boolean,
): Promise<Errno> {
  const writing = state.files.write(file.handle, offset, bytes);
  const errno = await state.asked("a write to a file", writing, (written) => {
    if (moves) file.offset = offset + BigInt(written);
    state.memory.setU32(writtenAt, written);
  });
  return errno === Errno.success ? await kept(state, file) : errno;
}

async function append(
  state: CommandState,
  file: OpenFile,
  bytes: Uint8Array,
  writtenAt: number,
  moves: boolean,
): Promise<Errno> {
  const appending = state.files.append(file.handle, bytes);
  const errno = await state.asked(
    "a write at a file's end",
    appending,
    ({ written, end }) => {
      if (moves) file.offset = end;
      state.memory.setU32(writtenAt, written);
    },
  );
  return errno === Errno.success ? await kept(state, file) : errno;
}

/** Waits until what was written is on the disk, where the descriptor's flags say so. */
function kept(
  state: CommandState,
  { handle, flags }: OpenFile,
): Errno | Promise<Errno> {
  if ((flags & (FdFlags.dsync | FdFlags.sync)) === 0) return Errno.success;
  const dataOnly = (flags & FdFlags.sync) === 0;
  return state.asked("syncing a file", state.files.sync(handle, dataOnly));
}

/** `(fd, iovecs, count, offset, written*)`: as `fd_write`, elsewhere in a file. 70 for a stream, 31 for a directory. */
function fdPwrite(state: CommandState) {
  return (
    fd: number,
    iovecs: number,
    count: number,
    offset: bigint,
    writtenAt: number,
  ): Errno | Promise<Errno> => {
    iovecs >>>= 0;
    count >>>= 0;
    writtenAt >>>= 0;
    const file = fileFor(state, fd, "writing");
    if (typeof file === "number") return file;
    const bad = checkTransfer(state, iovecs, count, writtenAt);
    if (bad !== Errno.success) return bad;
    if (offset < 0n) return Errno.inval;
    const bytes = gather(state.memory, iovecs, count, MAX_TRANSFER);
    // Data is always appended where the flag says so, as the specification and Linux have it.
    return (file.flags & FdFlags.append) === 0
      ? writeAt(state, file, offset, bytes, writtenAt, false)
      : append(state, file, bytes, writtenAt, false);
  };
}

/** The file to read or write at an offset, or why it cannot be done. */
function fileFor(
  { descriptors }: CommandState,
  fd: number,
  what: "reading" | "writing",
): OpenFile | Errno {
  const file = openFileAt(descriptors, fd >>> 0, Rights.all);
  if (typeof file === "number") return file;
  if (file[what] !== Errno.success) return file[what];
  return (file.rights & Rights.fdSeek) === 0n ? Errno.notcapable : file;
}

/** `(fd, iovecs, count, read*)`: 0 bytes are the end. 0; 6; 8; 28; 21; 31; 76; what the file says. */
function fdRead(state: CommandState) {
  const { memory, descriptors, stdin } = state;
  return (
    fd: number,
    iovecs: number,
    count: number,
    readAt: number,
  ): Errno | Promise<Errno> => {
    iovecs >>>= 0;
    count >>>= 0;
    readAt >>>= 0;
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if (descriptor.reading !== Errno.success) return descriptor.reading;
    const bad = checkTransfer(state, iovecs, count, readAt);
    if (bad !== Errno.success) return bad;
    const wanted = Math.min(totalSize(memory, iovecs, count), MAX_TRANSFER);
    if (wanted === 0) {
      memory.setU32(readAt, 0);
      return Errno.success;
    }
    if (descriptor.type === "file") {
      return readAtOffset(state, descriptor, iovecs, wanted, readAt, true);
    }
    if ((descriptor.flags & FdFlags.nonblock) !== 0 && !stdin.isReady) {
      stdin.ready().catch(() => {});
      return Errno.again;
    }
    return state.asked(
      "reading stdin",
      stdin.take(wanted),
      (bytes) => deliver(state, bytes, iovecs, wanted, readAt),
    );
  };
}

function readAtOffset(
  state: CommandState,
  file: OpenFile,
  iovecs: number,
  wanted: number,
  readAt: number,
  moves: boolean,
  offset = file.offset,
): Promise<Errno> {
  const reading = state.files.read(file.handle, offset, wanted);
  return state.asked("reading a file", reading, (bytes) => {
    if (moves) file.offset = offset + BigInt(bytes.length);
    deliver(state, bytes, iovecs, wanted, readAt);
  });
}

function deliver(
  { memory }: CommandState,
  bytes: Uint8Array,
  iovecs: number,
  wanted: number,
  readAt: number,
): void {
  // Whoever reads for us may not give more than was asked for.
  const given = bytes.subarray(0, wanted);
  scatter(memory, iovecs, given);
  memory.setU32(readAt, given.length);
}

/** `(fd, iovecs, count, offset, read*)`: as `fd_read`, elsewhere in a file. 70 for a stream. */
function fdPread(state: CommandState) {
  return (
    fd: number,
    iovecs: number,
    count: number,
    offset: bigint,
    readAt: number,
  ): Errno | Promise<Errno> => {
    iovecs >>>= 0;
    count >>>= 0;
    readAt >>>= 0;
    const file = fileFor(state, fd, "reading");
    if (typeof file === "number") return file;
    const bad = checkTransfer(state, iovecs, count, readAt);
    if (bad !== Errno.success) return bad;
    if (offset < 0n) return Errno.inval;
    const { memory } = state;
    const wanted = Math.min(totalSize(memory, iovecs, count), MAX_TRANSFER);
    if (wanted === 0) {
      memory.setU32(readAt, 0);
      return Errno.success;
    }
    return readAtOffset(state, file, iovecs, wanted, readAt, false, offset);
  };
}
