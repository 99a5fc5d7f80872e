/** The files of one function: what its preopens stand for, and the handles it has open. */
import {
  FileError,
  type FileStat,
  type OpenOptions,
  type Preopen,
} from "../../abi/host.ts";
import { fileError, resolveInside } from "./resolve.ts";

const EBADF = 8;
const EINVAL = 28;
const EMFILE = 33;
const EROFS = 69;
const ENOTDIR = 54;

/** Handles one function may hold. */
const MAX_HANDLES = 1024;
/** Bytes one read gives at most; a guest that wants more asks again. */
const MAX_READ = 1024 * 1024;
/** Directory entries one listing gives at most. */
const MAX_ENTRIES = 100_000;

export class FunctionFiles {
  readonly #preopens: readonly Preopen[];
  readonly #roots: readonly string[];
  readonly #open = new Map<number, Deno.FsFile>();
  #next = 1;

  /** `roots[i]` is the host's folder that `preopens[i]` stands for. */
  constructor(preopens: readonly Preopen[], roots: readonly string[]) {
    this.#preopens = preopens;
    this.#roots = roots;
  }

  async stat(
    preopen: number,
    path: string,
    followSymlinks: boolean,
  ): Promise<FileStat> {
    const at = await this.#resolve(preopen, path, followSymlinks);
    return toStat(await guarded(() => Deno.lstat(at)));
  }

  async open(
    preopen: number,
    path: string,
    options: OpenOptions,
  ): Promise<{ handle: number; stat: FileStat }> {
    const {
      read,
      write,
      create,
      exclusive,
      truncate,
      directory,
      followSymlinks,
    } = options;
    if ((write || create || truncate) && this.#preopens[preopen]?.readOnly) {
      throw new FileError(EROFS, `${path}: the file system is read-only`);
    }
    if (this.#open.size >= MAX_HANDLES) {
      throw new FileError(EMFILE, `${MAX_HANDLES} files are open`);
    }
    const at = await this.#resolve(preopen, path, followSymlinks);
    if (directory) return await this.#openDirectory(at, path);
    // A device or FIFO would block one of the host's threads for as long as it likes.
    const found = await Deno.lstat(at).catch(() => undefined);
    if (found && !found.isFile && !found.isDirectory) {
      throw new FileError(EINVAL, `${path}: not a regular file`);
    }
    if (found?.isDirectory) return await this.#openDirectory(at, path);
    return await guarded(async () => {
      const wanted = {
        read,
        write,
        create: create && !exclusive,
        createNew: create && exclusive,
        truncate,
      };
      const file = await Deno.open(at, {
        ...wanted,
        write: write || create || truncate,
      });
      const handle = this.#next++;
      this.#open.set(handle, file);
      return { handle, stat: toStat(await file.stat()) };
    });
  }

  async read(
    handle: number,
    offset: bigint,
    length: number,
  ): Promise<Uint8Array> {
    const file = this.#file(handle);
    return await guarded(async () => {
      await file.seek(offset, Deno.SeekMode.Start);
      const bytes = new Uint8Array(Math.min(length, MAX_READ));
      const count = await file.read(bytes);
      return bytes.subarray(0, count ?? 0);
    });
  }

  async write(
    handle: number,
    offset: bigint | "append",
    bytes: Uint8Array,
  ): Promise<number> {
    const file = this.#file(handle);
    return await guarded(async () => {
      if (offset === "append") await file.seek(0, Deno.SeekMode.End);
      else await file.seek(offset, Deno.SeekMode.Start);
      return await file.write(bytes);
    });
  }

  close(handle: number): void {
    // Directories have a handle and no file behind it.
    this.#open.get(handle)?.close();
    this.#open.delete(handle);
  }

  async list(
    preopen: number,
    path: string,
  ): Promise<{ name: string; kind: FileStat["kind"]; inode: bigint }[]> {
    const at = await this.#resolve(preopen, path, true);
    return await guarded(async () => {
      const entries = [];
      for await (const entry of Deno.readDir(at)) {
        if (entries.length >= MAX_ENTRIES) {
          throw new FileError(29, `${path}: over ${MAX_ENTRIES} entries`);
        }
        const { ino } = await Deno.lstat(`${at}/${entry.name}`);
        entries.push({
          name: entry.name,
          kind: kindOf(entry),
          inode: BigInt(ino ?? 0),
        });
      }
      return entries;
    });
  }

  /** Closes all that the function left open. */
  closeAll(): void {
    for (const handle of [...this.#open.keys()]) this.close(handle);
  }

  async #openDirectory(
    at: string,
    path: string,
  ): Promise<{ handle: number; stat: FileStat }> {
    const info = await guarded(() => Deno.lstat(at));
    if (!info.isDirectory) {
      throw new FileError(ENOTDIR, `${path}: not a directory`);
    }
    return { handle: this.#next++, stat: toStat(info) };
  }

  #file(handle: number): Deno.FsFile {
    const file = this.#open.get(handle);
    if (!file) throw new FileError(EBADF, `file handle ${handle}`);
    return file;
  }

  #resolve(preopen: number, path: string, follow: boolean): Promise<string> {
    const root = this.#roots[preopen];
    if (root === undefined) throw new FileError(EBADF, `preopen ${preopen}`);
    return resolveInside(root, path, follow);
  }
}

async function guarded<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw fileError(error);
  }
}

function kindOf(
  of: { isFile: boolean; isDirectory: boolean; isSymlink: boolean },
): FileStat["kind"] {
  return of.isFile
    ? "file"
    : of.isDirectory
    ? "directory"
    : of.isSymlink
    ? "symlink"
    : "other";
}

function toStat(info: Deno.FileInfo): FileStat {
  const nanoseconds = (time: Date | null) =>
    BigInt(time?.getTime() ?? 0) * 1_000_000n;
  return {
    kind: kindOf(info),
    size: BigInt(info.size),
    inode: BigInt(info.ino ?? 0),
    links: BigInt(info.nlink ?? 1),
    accessed: nanoseconds(info.atime),
    modified: nanoseconds(info.mtime),
    changed: nanoseconds(info.ctime ?? info.mtime),
  };
}
