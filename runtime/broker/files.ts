/** The files of one function: `GuestFiles` of `abi/host.ts`, as its isolate's port asks for them. */
import {
  type DirectoryEntry,
  FileError,
  type FileStat,
  type GuestFiles,
  type NewTimes,
  type OpenedFile,
  type OpenOptions,
  type Preopen,
} from "../../abi/host.ts";
import { readEntries } from "./directory.ts";
import { type Handle, Handles } from "./handles.ts";
import { closeNow, O, openInside } from "./inside.ts";
import { FileNames } from "./names.ts";
import { setTimesOf, statOf } from "./stat.ts";
import { call, callNow, readAtHand } from "./system_calls.ts";

const EINVAL = 28;
const ENOENT = 44;
const EEXIST = 20;
const ENOTSUP = 58;
const EROFS = 69;

/** Bytes one read gives at most; a guest that wants more asks again. */
const MAX_READ = 1024 * 1024;
const F_SETFL = 4n;
const SEEK_END = 2n;
const FILE_MODE = 0o666;

export class FunctionFiles extends FileNames implements GuestFiles {
  readonly preopens: readonly Preopen[];

  /** `roots[i]` is the host's folder that `preopens[i]` stands for. */
  constructor(preopens: readonly Preopen[], roots: readonly string[]) {
    super(new Handles(roots, preopens.map(({ readOnly }) => readOnly)));
    this.preopens = preopens;
  }

  open(at: number, path: string, options: OpenOptions): Promise<OpenedFile> {
    return this.handles.use(at, async (folder) => {
      this.handles.makeSureOfRoom();
      const fd = await openWith(folder, path, options);
      try {
        const { kind } = await statOf(fd, callNow);
        if (kind !== "file" && kind !== "directory") {
          throw new FileError(EINVAL, "neither a file nor a directory");
        }
        return { handle: this.handles.add(fd, folder), kind };
      } catch (error) {
        closeNow(fd);
        throw error;
      }
    });
  }

  close(handle: number): Promise<void> {
    return this.handles.close(handle);
  }

  /** Closes all that the function left open. */
  closeAll(): void {
    this.handles.closeAll();
  }

  read(handle: number, offset: bigint, length: number): Promise<Uint8Array> {
    return this.handles.use(handle, async ({ fd }) => {
      const atHand = readAtHand(fd, offset, length);
      if (atHand !== undefined) return atHand;
      const bytes = new Uint8Array(Math.min(length, MAX_READ));
      const size = await call(
        "pread",
        "bytes",
        BigInt(fd),
        bytes,
        BigInt(bytes.length),
        offset,
      );
      // A copy, since the whole buffer behind a view would go over the port.
      return size === bytes.length ? bytes : bytes.slice(0, size);
    });
  }

  write(handle: number, offset: bigint, bytes: Uint8Array): Promise<number> {
    return this.handles.change(handle, (file) => {
      setAppend(file, false);
      return pwrite(file, offset, bytes);
    });
  }

  append(
    handle: number,
    bytes: Uint8Array,
  ): Promise<{ written: number; end: bigint }> {
    return this.handles.change(handle, async (file) => {
      setAppend(file, true);
      const written = await pwrite(file, 0n, bytes);
      const end = callNow(
        "lseek",
        "numbers",
        BigInt(file.fd),
        0n,
        SEEK_END,
        0n,
      );
      return { written, end: BigInt(end) };
    });
  }

  sync(handle: number, dataOnly: boolean): Promise<void> {
    const name = dataOnly ? "fdatasync" : "fsync";
    return this.#reopenedIfPath(handle, async (fd) => {
      await call(name, "numbers", BigInt(fd), 0n, 0n, 0n);
    });
  }

  stat(handle: number): Promise<FileStat> {
    return this.handles.use(handle, ({ fd }) => statOf(fd, call));
  }

  setSize(handle: number, size: bigint): Promise<void> {
    return this.handles.change(handle, async ({ fd }) => {
      await call("ftruncate", "numbers", BigInt(fd), size, 0n, 0n);
    });
  }

  setTimes(handle: number, times: NewTimes): Promise<void> {
    return this.handles.change(
      handle,
      ({ fd }) => setTimesOf(fd, times, call),
    );
  }

  allocate(handle: number, offset: bigint, length: bigint): Promise<void> {
    return this.handles.change(handle, async ({ fd }) => {
      try {
        await call("fallocate", "numbers", BigInt(fd), 0n, offset, length);
      } catch (error) {
        if (!(error instanceof FileError) || error.errno !== ENOTSUP) {
          throw error;
        }
        // A file system that cannot promise room: the size is all that can be had.
        const { size } = await statOf(fd, call);
        if (size >= offset + length) return;
        await call("ftruncate", "numbers", BigInt(fd), offset + length, 0n, 0n);
      }
    });
  }

  list(handle: number): Promise<DirectoryEntry[]> {
    return this.handles.use(handle, async (folder) => {
      const fd = await openInside(folder, ".", O.RDONLY | O.DIRECTORY);
      try {
        const entries = await readEntries(fd);
        if (folder.fd !== folder.root) return entries;
        // What lies above a preopen is no business of the guest's.
        const own = entries.find(({ name }) => name === ".")?.inode ?? 0n;
        return entries.map((entry) =>
          entry.name === ".." ? { ...entry, inode: own } : entry
        );
      } finally {
        closeNow(fd);
      }
    });
  }

  /** A folder may be open as a mere place (`O_PATH`), which cannot be synced. */
  #reopenedIfPath(
    handle: number,
    use: (fd: number) => Promise<void>,
  ): Promise<void> {
    return this.handles.use(handle, async (file) => {
      const { kind } = await statOf(file.fd, callNow);
      if (kind !== "directory") return await use(file.fd);
      const fd = await openInside(file, ".", O.RDONLY | O.DIRECTORY);
      try {
        await use(fd);
      } finally {
        closeNow(fd);
      }
    });
  }
}

async function openWith(
  folder: Handle,
  path: string,
  options: OpenOptions,
): Promise<number> {
  const { read, write, create, exclusive, truncate, directory } = options;
  const last = options.follow ? 0 : O.NOFOLLOW;
  if (directory) {
    if (create || truncate) {
      throw new FileError(
        EINVAL,
        "a directory is neither made nor cut by open",
      );
    }
    return await openInside(folder, path, O.PATH | O.DIRECTORY | last);
  }
  const access = write ? (read ? O.RDWR : O.WRONLY) : O.RDONLY;
  // Without waiting, or the other end of a FIFO could keep one of our threads for as long as it likes.
  const common = access | last | O.NONBLOCK | O.NOCTTY;
  if (folder.readOnly && (write || truncate || create)) {
    return await openReadOnly(folder, path, common, options);
  }
  const flags = common | (create ? O.CREAT : 0) | (truncate ? O.TRUNC : 0) |
    (create && exclusive ? O.EXCL : 0);
  return await openInside(folder, path, flags, create ? FILE_MODE : 0);
}

/** What a file system that is mounted read-only answers: a file that is there can be opened for reading, nothing else. */
async function openReadOnly(
  folder: Handle,
  path: string,
  flags: number,
  { write, create, exclusive, truncate }: OpenOptions,
): Promise<number> {
  const access = O.RDONLY | O.WRONLY | O.RDWR;
  let fd: number;
  try {
    fd = await openInside(folder, path, flags & ~access);
  } catch (error) {
    const missing = error instanceof FileError && error.errno === ENOENT;
    throw missing && create
      ? new FileError(EROFS, "the folder is read-only")
      : error;
  }
  if (!write && !truncate && !(create && exclusive)) return fd;
  closeNow(fd);
  throw create && exclusive
    ? new FileError(EEXIST, "it exists")
    : new FileError(EROFS, "the folder is read-only");
}

/** Linux appends what is written anywhere while this is set, also at an offset. */
function setAppend(file: Handle, append: boolean): void {
  if (file.append === append) return;
  const flags = BigInt(O.NONBLOCK | (append ? O.APPEND : 0));
  callNow("fcntl", "numbers", BigInt(file.fd), F_SETFL, flags, 0n);
  file.append = append;
}

function pwrite(
  { fd }: Handle,
  offset: bigint,
  bytes: Uint8Array,
): Promise<number> {
  return call(
    "pwrite",
    "bytes",
    BigInt(fd),
    bytes,
    BigInt(bytes.length),
    offset,
  );
}
