/** A command's file descriptors: 0 to 2 are its streams, its preopened directories follow from 3. */
import type { FileKind, Preopen } from "../host.ts";

/** An entry of a directory as `fd_readdir` gives it. */
export interface DirectoryEntry {
  name: string;
  kind: FileKind;
  inode: bigint;
}

/** An open directory, preopened or not. */
export interface OpenDirectory {
  type: "directory";
  /** Which preopen it lies in. */
  preopen: number;
  /** Its path in there; "" is the preopen itself. */
  path: string;
  /** The name the guest knows the preopen by; undefined for one that the guest opened. */
  preopenPath: string | undefined;
  /** Entries as they were when the guest began to read them. */
  entries: DirectoryEntry[] | undefined;
}

/** An open file. */
export interface OpenFile {
  type: "file";
  /** The broker's handle. */
  handle: number;
  preopen: number;
  path: string;
  offset: bigint;
  append: boolean;
  readable: boolean;
  writable: boolean;
}

export type Descriptor =
  | { type: "stdin" }
  | { type: "stdout"; stream: 1 | 2 }
  | OpenDirectory
  | OpenFile;

/** No guest holds more open at once. */
const MAX_OPEN = 4096;

export class Descriptors {
  readonly #open = new Map<number, Descriptor>([
    [0, { type: "stdin" }],
    [1, { type: "stdout", stream: 1 }],
    [2, { type: "stdout", stream: 2 }],
  ]);

  constructor(preopens: readonly Preopen[]) {
    preopens.forEach((preopen, index) => {
      this.#open.set(3 + index, {
        type: "directory",
        preopen: index,
        path: "",
        preopenPath: preopen.path,
        entries: undefined,
      });
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
    let fd = 3;
    while (this.#open.has(fd)) fd++;
    this.#open.set(fd, descriptor);
    return fd;
  }

  /** Forgets a number; the caller closes what is behind it. */
  remove(fd: number): void {
    this.#open.delete(fd);
  }

  /** Files still open, for the end of the command. */
  *files(): Iterable<OpenFile> {
    for (const descriptor of this.#open.values()) {
      if (descriptor.type === "file") yield descriptor;
    }
  }
}
