/** What one function has open. */
import { FileError } from "../../abi/host.ts";
import { closeNow, type Folder, openFolder } from "./inside.ts";
import { closeLater } from "./system_calls.ts";

const EBADF = 8;
const EMFILE = 33;
const EROFS = 69;

/** Handles one function may hold, its preopens apart. */
const MAX_HANDLES = 1024;

/** A descriptor of the kernel's that belongs to a function. */
export interface Handle extends Folder {
  /** The preopen it was opened from; undefined for a preopen itself. */
  readonly from: Handle | undefined;
  /** Nothing may be changed through it. */
  readonly readOnly: boolean;
  /** Whether something was, so that closing it may wait for a disk. */
  changed: boolean;
  /** Whether the kernel appends what is written. */
  append: boolean;
  /** Calls under way: a number that was closed under a waiting call could be another file's by then. */
  users: number;
  closed: boolean;
}

export class Handles {
  readonly #open = new Map<number, Handle>();
  readonly #preopens = new Map<number, Handle>();
  readonly #roots: readonly string[];
  readonly #readOnly: readonly boolean[];
  #next: number;
  #over = false;

  /** Handles 0, 1, … are the folders `roots`, opened when they are first used. */
  constructor(roots: readonly string[], readOnly: readonly boolean[]) {
    this.#roots = roots;
    this.#readOnly = readOnly;
    this.#next = roots.length;
  }

  /** @throws {FileError} 33: another one may not be opened. */
  makeSureOfRoom(): void {
    if (this.#open.size >= MAX_HANDLES) {
      throw new FileError(EMFILE, `${MAX_HANDLES} files are open`);
    }
  }

  /** A number for `fd`, opened from `folder`. @throws {FileError} 8: all were let go of meanwhile. */
  add(fd: number, folder: Handle): number {
    if (this.#over) throw new FileError(EBADF, "the function has ended");
    const number = this.#next++;
    const { root, readOnly } = folder;
    this.#open.set(number, handleOf(fd, root, folder.from ?? folder, readOnly));
    return number;
  }

  /** Calls `use` with a handle, which stays open until it is done. @throws {FileError} 8: there is none of the number. */
  async use<T>(
    number: number,
    use: (handle: Handle) => Promise<T>,
  ): Promise<T> {
    const handle = this.#open.get(number) ??
      this.#preopens.get(number) ?? this.#openRoot(number);
    const held = handle.from === undefined ? [handle] : [handle, handle.from];
    for (const one of held) one.users++;
    try {
      return await use(handle);
    } finally {
      for (const one of held) {
        one.users--;
        if (one.closed) letGo(one).catch(() => {});
      }
    }
  }

  /** `use` for a call that changes something. @throws {FileError} 69: nothing may be changed there. */
  change<T>(
    number: number,
    use: (handle: Handle) => Promise<T>,
  ): Promise<T> {
    return this.use(number, (handle) => {
      if (handle.readOnly) {
        throw new FileError(EROFS, "the folder is read-only");
      }
      handle.changed = true;
      return use(handle);
    });
  }

  #openRoot(number: number): Handle {
    const root = this.#over ? undefined : this.#roots[number];
    if (root === undefined) throw new FileError(EBADF, `handle ${number}`);
    const fd = openFolder(root);
    const readOnly = this.#readOnly[number] ?? false;
    const handle = handleOf(fd, fd, undefined, readOnly);
    this.#preopens.set(number, handle);
    return handle;
  }

  /** Lets go of a number. @throws {FileError} what the kernel says of writing back; the number is free all the same. */
  async close(number: number): Promise<void> {
    const handle = this.#open.get(number);
    // A preopen stays: what was opened from it may still have to be looked up from there.
    if (handle === undefined) return;
    this.#open.delete(number);
    handle.closed = true;
    await letGo(handle);
  }

  /** Lets go of all, for good. */
  closeAll(): void {
    this.#over = true;
    for (const map of [this.#open, this.#preopens]) {
      for (const handle of map.values()) {
        handle.closed = true;
        letGo(handle).catch(() => {});
      }
      map.clear();
    }
  }
}

function handleOf(
  fd: number,
  root: number,
  from: Handle | undefined,
  readOnly: boolean,
): Handle {
  return {
    fd,
    root,
    from,
    readOnly,
    changed: false,
    append: false,
    users: 0,
    closed: false,
  };
}

/** Closes what nobody uses any more. */
async function letGo({ fd, users, changed }: Handle): Promise<void> {
  if (users > 0) return;
  if (changed) await closeLater(fd);
  else closeNow(fd);
}
