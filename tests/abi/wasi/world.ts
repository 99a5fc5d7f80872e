/** A command in the middle of its `_start`, with real files: every call of WASI can be made and looked at. */
import { FunctionFiles } from "../../../runtime/broker/files.ts";
import { RecordingHost, text } from "../guests.ts";
import { type Argument, CommandProbe } from "../probe.ts";

/** Where calls of the tests put things in the guest's memory. */
export const PATH = 0x100;
export const NEW_PATH = 0x800;
export const R = 0x2000;
export const IOVEC = 0x2100;
export const DATA = 0x3000;

export const READ = 2n;
export const WRITE = 64n;
export const ALL = (1n << 30n) - 1n;

/** `oflags` */
export const O = {
  create: 1,
  directory: 2,
  exclusive: 4,
  truncate: 8,
} as const;

export interface Open {
  fd?: number;
  follow?: boolean;
  flags?: number;
  rights?: bigint;
  inheriting?: bigint;
  fdFlags?: number;
}

/** What `fd_filestat_get` and `path_filestat_get` give. */
export interface Stat {
  type: number;
  links: bigint;
  size: bigint;
  inode: bigint;
  accessed: bigint;
  modified: bigint;
}

export interface Entry {
  name: string;
  type: number;
  inode: bigint;
  next: bigint;
}

/** Descriptor 3 is `/`, 4 is `/ro`, which is the same folder and may not be changed. */
export class World {
  readonly root = Deno.makeTempDirSync();
  readonly files: FunctionFiles;
  readonly host = new RecordingHost();
  readonly guest: CommandProbe;

  constructor(wasiModule?: string) {
    const preopens = [
      { path: "/", readOnly: false },
      { path: "/ro", readOnly: true },
    ];
    this.files = new FunctionFiles(preopens, [this.root, this.root]);
    this.host.files = this.files;
    this.guest = new CommandProbe(["w"], [], this.host, wasiModule);
    Deno.mkdirSync(`${this.root}/dir/sub`, { recursive: true });
    Deno.writeTextFileSync(`${this.root}/a.txt`, "0123456789");
    Deno.writeTextFileSync(`${this.root}/dir/b.txt`, "b");
    Deno.symlinkSync("a.txt", `${this.root}/link`);
    Deno.symlinkSync("nothing", `${this.root}/dangling`);
    Deno.symlinkSync("loop", `${this.root}/loop`);
    Deno.symlinkSync("dir", `${this.root}/to-dir`);
  }

  [Symbol.dispose](): void {
    this.files.closeAll();
    Deno.removeSync(this.root, { recursive: true });
  }

  /** A call by name; its errno. */
  call(name: string, ...args: Argument[]): Promise<number> {
    return this.guest.wait(name, ...args);
  }

  /** Puts a path and gives its address and size. */
  path(path: string | Uint8Array, at = PATH): [number, number] {
    return [at, this.guest.put(at, path)];
  }

  /** `path_open`: the descriptor, or the errno negated. */
  async open(path: string, options: Open = {}): Promise<number> {
    const { fd = 3, follow = true, flags = 0, rights = READ, fdFlags = 0 } =
      options;
    const errno = await this.call(
      "path_open",
      fd,
      follow ? 1 : 0,
      ...this.path(path),
      flags,
      rights,
      options.inheriting ?? 0n,
      fdFlags,
      R,
    );
    return errno === 0 ? this.guest.u32(R) : -errno;
  }

  /** One range of the guest's memory as a list. */
  list(size: number, at = DATA): [number, number] {
    this.guest.view.setUint32(IOVEC, at, true);
    this.guest.view.setUint32(IOVEC + 4, size, true);
    return [IOVEC, 1];
  }

  /** `fd_read`, or `fd_pread` where there is an offset: the text, or the errno. */
  async read(
    fd: number,
    size: number,
    offset?: bigint,
  ): Promise<string | number> {
    const errno = offset === undefined
      ? await this.call("fd_read", fd, ...this.list(size), R)
      : await this.call("fd_pread", fd, ...this.list(size), offset, R);
    if (errno !== 0) return errno;
    return text(this.guest.memory.slice(DATA, DATA + this.guest.u32(R)));
  }

  /** `fd_write` or `fd_pwrite`: the errno. */
  write(fd: number, data: string, offset?: bigint): Promise<number> {
    const size = this.guest.put(DATA, data);
    return offset === undefined
      ? this.call("fd_write", fd, ...this.list(size), R)
      : this.call("fd_pwrite", fd, ...this.list(size), offset, R);
  }

  /** `fd_seek`: the new place, or the errno negated. */
  async seek(fd: number, offset: bigint, whence: number): Promise<bigint> {
    const errno = await this.call("fd_seek", fd, offset, whence, R);
    return errno === 0 ? this.guest.u64(R) : BigInt(-errno);
  }

  async tell(fd: number): Promise<bigint> {
    const errno = await this.call("fd_tell", fd, R);
    return errno === 0 ? this.guest.u64(R) : BigInt(-errno);
  }

  /** Attributes of a descriptor or a path, or the errno. */
  async stat(of: number | string, follow = true): Promise<Stat | number> {
    const { guest } = this;
    guest.memory.fill(0xaa, R, R + 64);
    const errno = typeof of === "number"
      ? await this.call("fd_filestat_get", of, R)
      : await this.call(
        "path_filestat_get",
        3,
        follow ? 1 : 0,
        ...this.path(of),
        R,
      );
    if (errno !== 0) return errno;
    return {
      inode: guest.u64(R + 8),
      type: guest.memory[R + 16]!,
      links: guest.u64(R + 24),
      size: guest.u64(R + 32),
      accessed: guest.u64(R + 40),
      modified: guest.u64(R + 48),
    };
  }

  /** Type, flags and rights of a descriptor, or the errno. */
  async fdstat(fd: number) {
    const { guest } = this;
    guest.memory.fill(0xaa, R, R + 24);
    const errno = await this.call("fd_fdstat_get", fd, R);
    return errno !== 0 ? errno : {
      type: guest.memory[R]!,
      flags: guest.view.getUint16(R + 2, true),
      rights: guest.u64(R + 8),
      inheriting: guest.u64(R + 16),
    };
  }

  /** One `fd_readdir`: its whole entries, and how much of the buffer was used; or the errno. */
  async readdir(
    fd: number,
    size: number,
    cookie: bigint,
  ): Promise<{ entries: Entry[]; used: number } | number> {
    const { guest } = this;
    const errno = await this.call("fd_readdir", fd, DATA, size, cookie, R);
    if (errno !== 0) return errno;
    const used = guest.u32(R);
    const entries: Entry[] = [];
    for (let at = DATA; at + 24 <= DATA + used;) {
      const length = guest.u32(at + 16);
      if (at + 24 + length > DATA + used) break;
      entries.push({
        next: guest.u64(at),
        inode: guest.u64(at + 8),
        type: guest.memory[at + 20]!,
        name: text(guest.memory.slice(at + 24, at + 24 + length)),
      });
      at += 24 + length;
    }
    return { entries, used };
  }

  /** What a file of the host's holds, by its path in the root. */
  text(path: string): string {
    return Deno.readTextFileSync(`${this.root}/${path}`);
  }
}
