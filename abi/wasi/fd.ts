/** Reading, writing and closing a command's descriptors. What waits suspends the command. */
import { type HostCallTable, suspends } from "../host_call.ts";
import type { CommandState } from "./command_state.ts";
import type { Descriptor, OpenFile } from "./descriptors.ts";
import { errnoOf } from "./file_errors.ts";
import { checkIovecs, gather, scatter, totalSize } from "./iovecs.ts";
import { Errno } from "./types.ts";

/** Bytes moved by one call; more is a short read or write, which guests repeat. */
const MAX_TRANSFER = 1024 * 1024;

export const COMMAND_FD: HostCallTable<CommandState> = {
  fd_write: suspends(fdWrite),
  fd_read: suspends(fdRead),
  fd_close: suspends(fdClose),
  fd_seek: suspends(fdSeek),
  fd_tell: fdTell,
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

/** `(fd, iovecs, count, written*)`: 0; 8; 28; 21; what the file says. Waits where the sink is full. */
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
    if (descriptor === undefined || !isWritable(descriptor)) return Errno.badf;
    const bad = checkTransfer(state, iovecs, count, writtenAt);
    if (bad !== Errno.success) return bad;
    const bytes = gather(memory, iovecs, count, MAX_TRANSFER);
    const size = bytes.length;
    if (descriptor.type === "file") {
      return writeFile(state, descriptor, bytes, writtenAt);
    }
    const full = size === 0 ? undefined : host.write(descriptor.stream, bytes);
    memory.setU32(writtenAt, size);
    return full === undefined
      ? Errno.success
      : full.then(() => Errno.success, () => Errno.io);
  };
}

type Writable = OpenFile | { type: "stdout"; stream: 1 | 2 };

function isWritable(descriptor: Descriptor): descriptor is Writable {
  return descriptor.type === "stdout" ||
    (descriptor.type === "file" && descriptor.writable);
}

async function writeFile(
  { host, memory }: CommandState,
  file: OpenFile,
  bytes: Uint8Array,
  writtenAt: number,
): Promise<Errno> {
  let written: number;
  try {
    written = await host.files!.write(
      file.handle,
      file.append ? "append" : file.offset,
      bytes,
    );
  } catch (error) {
    return errnoOf(host, `fd_write to ${file.path}`, error);
  }
  if (!file.append) file.offset += BigInt(written);
  memory.setU32(writtenAt, written);
  return Errno.success;
}

/** `(fd, iovecs, count, read*)`: 0 bytes are the end. 0; 8; 28; 21; 31; what the file says. */
function fdRead(state: CommandState) {
  const { memory, descriptors } = state;
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
    if (descriptor?.type === "directory") return Errno.isdir;
    if (
      descriptor === undefined || descriptor.type === "stdout" ||
      (descriptor.type === "file" && !descriptor.readable)
    ) {
      return Errno.badf;
    }
    const bad = checkTransfer(state, iovecs, count, readAt);
    if (bad !== Errno.success) return bad;
    const wanted = Math.min(totalSize(memory, iovecs, count), MAX_TRANSFER);
    if (wanted === 0) {
      memory.setU32(readAt, 0);
      return Errno.success;
    }
    return readInto(state, descriptor, iovecs, wanted, readAt);
  };
}

async function readInto(
  { memory, host, stdin }: CommandState,
  descriptor: OpenFile | { type: "stdin" },
  iovecs: number,
  wanted: number,
  readAt: number,
): Promise<Errno> {
  let bytes: Uint8Array;
  try {
    bytes = descriptor.type === "stdin"
      ? await stdin.take(wanted)
      : await host.files!.read(descriptor.handle, descriptor.offset, wanted);
  } catch (error) {
    const name = descriptor.type === "stdin" ? "stdin" : descriptor.path;
    return errnoOf(host, `fd_read of ${name}`, error);
  }
  // Whoever reads for us may not give more than was asked for.
  bytes = bytes.subarray(0, wanted);
  scatter(memory, iovecs, bytes);
  memory.setU32(readAt, bytes.length);
  if (descriptor.type === "file") descriptor.offset += BigInt(bytes.length);
  return Errno.success;
}

/** `(fd)`: 0; 8; what the file says, and then too the number is free. */
function fdClose({ descriptors, host }: CommandState) {
  return (fd: number): Errno | Promise<Errno> => {
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    descriptors.remove(fd >>> 0);
    if (descriptor.type !== "file") return Errno.success;
    return host.files!.close(descriptor.handle).then(
      () => Errno.success,
      (error) => errnoOf(host, `fd_close of ${descriptor.path}`, error),
    );
  };
}

const WHENCE_SET = 0;
const WHENCE_CURRENT = 1;
const WHENCE_END = 2;

/** `(fd, offset, whence, new offset u64*)`: 0; 8; 28; 21; 31; 70 for a stream. */
function fdSeek(state: CommandState) {
  const { memory, descriptors } = state;
  return (
    fd: number,
    offset: bigint,
    whence: number,
    newAt: number,
  ): Errno | Promise<Errno> => {
    newAt >>>= 0;
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if (descriptor.type === "directory") return Errno.isdir;
    if (descriptor.type !== "file") return Errno.spipe;
    if (!memory.holds(newAt, 8)) return Errno.fault;
    switch (whence) {
      case WHENCE_SET:
        return seek(state, descriptor, offset, newAt);
      case WHENCE_CURRENT:
        return seek(state, descriptor, descriptor.offset + offset, newAt);
      case WHENCE_END:
        return seekFromEnd(state, descriptor, offset, newAt);
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

async function seekFromEnd(
  state: CommandState,
  file: OpenFile,
  offset: bigint,
  newAt: number,
): Promise<Errno> {
  let size: bigint;
  try {
    size = (await state.host.files!.stat(file.preopen, file.path, true)).size;
  } catch (error) {
    return errnoOf(state.host, `fd_seek in ${file.path}`, error);
  }
  return seek(state, file, size + offset, newAt);
}

/** `(fd, offset u64*)`: 0; 8; 21; 70 for a stream. */
function fdTell({ memory, descriptors }: CommandState) {
  return (fd: number, at: number): Errno => {
    at >>>= 0;
    const descriptor = descriptors.get(fd >>> 0);
    if (descriptor === undefined) return Errno.badf;
    if (descriptor.type !== "file") return Errno.spipe;
    if (!memory.holds(at, 8)) return Errno.fault;
    memory.setU64(at, descriptor.offset);
    return Errno.success;
  };
}
