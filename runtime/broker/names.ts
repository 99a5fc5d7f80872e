/** The half of a function's files that is about names: making, moving, linking and removing them. */
import { FileError, type FileStat, type NewTimes } from "../../abi/host.ts";
import type { Handle, Handles } from "./handles.ts";
import {
  AT_FDCWD,
  byteString,
  closeNow,
  O,
  openInside,
  procPath,
  withParent,
} from "./inside.ts";
import { setTimesOf, statOf } from "./stat.ts";
import { call, callNow, cPath } from "./system_calls.ts";

const EINVAL = 28;
const FOLDER_MODE = 0o777n;
const AT_REMOVEDIR = 0x200n;
const AT_SYMLINK_FOLLOW = 0x400n;
const MAX_TARGET = 4096;

export class FileNames {
  constructor(protected readonly handles: Handles) {}

  statAt(at: number, path: string, follow: boolean): Promise<FileStat> {
    return this.handles.use(
      at,
      (folder) =>
        // The lookup that may have waited is done: what it found is at hand.
        withPlace(folder, path, follow, (fd) => statOf(fd, callNow)),
    );
  }

  setTimesAt(
    at: number,
    path: string,
    follow: boolean,
    times: NewTimes,
  ): Promise<void> {
    return this.handles.change(
      at,
      (folder) =>
        withPlace(folder, path, follow, (fd) => setTimesOf(fd, times, call)),
    );
  }

  makeDirectory(at: number, path: string): Promise<void> {
    return this.handles.change(
      at,
      (folder) =>
        withParent(folder, path, async (parent, name) => {
          await call("mkdirat", "bytes", parent, name, FOLDER_MODE, 0n);
        }),
    );
  }

  removeDirectory(at: number, path: string): Promise<void> {
    return this.#remove(at, path, AT_REMOVEDIR);
  }

  removeFile(at: number, path: string): Promise<void> {
    return this.#remove(at, path, 0n);
  }

  readLink(at: number, path: string): Promise<string> {
    return this.handles.use(at, async (folder) => {
      // The kernel would follow a link with a slash behind it, to anywhere.
      if (path.endsWith("/")) {
        return await withPlace(folder, path, true, () => {
          throw new FileError(EINVAL, "no symlink");
        });
      }
      const target = new Uint8Array(MAX_TARGET);
      const size = await withParent(folder, path, (parent, name) =>
        call(
          "readlinkat",
          "path",
          parent,
          name,
          target,
          BigInt(MAX_TARGET),
        ));
      return byteString(target, size);
    });
  }

  makeSymlink(target: string, at: number, path: string): Promise<void> {
    return this.handles.change(
      at,
      (folder) =>
        withParent(folder, path, async (parent, name) => {
          await call("symlinkat", "symlinkat", cPath(target), parent, name);
        }),
    );
  }

  link(
    at: number,
    path: string,
    follow: boolean,
    newAt: number,
    newPath: string,
  ): Promise<void> {
    return this.handles.change(
      at,
      (folder) =>
        this.handles.change(
          newAt,
          (newFolder) =>
            withParent(newFolder, newPath, async (newParent, newName) => {
              const link = (from: bigint, name: Uint8Array, flags: bigint) =>
                call(
                  "linkat",
                  "twoPaths",
                  from,
                  name,
                  newParent,
                  newName,
                  flags,
                );
              if (!follow && !path.endsWith("/")) {
                await withParent(
                  folder,
                  path,
                  (parent, name) => link(parent, name, 0n),
                );
                return;
              }
              // Where links are followed it is we who look it up, and the kernel takes what was found.
              await withPlace(
                folder,
                path,
                follow,
                (fd) => link(AT_FDCWD, cPath(procPath(fd)), AT_SYMLINK_FOLLOW),
              );
            }),
        ),
    );
  }

  rename(
    at: number,
    path: string,
    newAt: number,
    newPath: string,
  ): Promise<void> {
    return this.handles.change(
      at,
      (folder) =>
        this.handles.change(
          newAt,
          (newFolder) =>
            withParent(folder, path, (parent, name) =>
              withParent(newFolder, newPath, async (newParent, newName) => {
                await call(
                  "renameat2",
                  "twoPaths",
                  parent,
                  name,
                  newParent,
                  newName,
                  0n,
                );
              })),
        ),
    );
  }

  #remove(at: number, path: string, flags: bigint): Promise<void> {
    return this.handles.change(
      at,
      (folder) =>
        withParent(folder, path, async (parent, name) => {
          await call("unlinkat", "bytes", parent, name, flags, 0n);
        }),
    );
  }
}

/** Calls `use` with a descriptor that is only a place (`O_PATH`): of what `path` leads to, or of a symlink itself. */
async function withPlace<T>(
  folder: Handle,
  path: string,
  follow: boolean,
  use: (fd: number) => Promise<T>,
): Promise<T> {
  const flags = O.PATH | (follow ? 0 : O.NOFOLLOW);
  const fd = await openInside(folder, path, flags);
  try {
    return await use(fd);
  } finally {
    closeNow(fd);
  }
}
