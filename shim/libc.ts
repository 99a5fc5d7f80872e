/**
 * The few system calls Deno has no name for, through the C library. Everything here runs on the calling thread unless
 * its name says otherwise; see `cage/namespaces.ts` for why that matters.
 */

import { openLean, type Symbols } from "./lean_symbols.ts";

/** Flags of unshare(2) and setns(2). */
export const CLONE = {
  NEWNS: 0x00020000,
  NEWUTS: 0x04000000,
  NEWIPC: 0x08000000,
  NEWPID: 0x20000000,
  NEWNET: 0x40000000,
} as const;

/** Flags of mount(2). */
export const MS = {
  RDONLY: 0x1,
  NOSUID: 0x2,
  NODEV: 0x4,
  NOEXEC: 0x8,
  REMOUNT: 0x20,
  NOATIME: 0x400,
  BIND: 0x1000,
  MOVE: 0x2000,
  REC: 0x4000,
  PRIVATE: 0x40000,
  SLAVE: 0x80000,
  SHARED: 0x100000,
} as const;

/** umount2(2): take it away now, free it when nobody uses it any more. */
export const MNT_DETACH = 2;

/** Flags of open(2), as on every Linux that Deno runs on but for the two that differ on arm64. */
export const O = {
  RDONLY: 0,
  WRONLY: 1,
  RDWR: 2,
  CREAT: 0o100,
  APPEND: 0o2000,
  NONBLOCK: 0o4000,
  DIRECTORY: Deno.build.arch === "aarch64" ? 0o40000 : 0o200000,
  CLOEXEC: 0o2000000,
  PATH: 0o10000000,
} as const;

/** Error numbers that callers tell apart. */
export const ERRNO = {
  ENOENT: 2,
  EINTR: 4,
  EAGAIN: 11,
  EEXIST: 17,
  EINVAL: 22,
  EPIPE: 32,
  ENODATA: 61,
  EOPNOTSUPP: 95,
} as const;

/** What poll(2) waits for and reports. */
export const POLL = { IN: 1, OUT: 4, ERR: 8, HUP: 16 } as const;

/** What the start of a pod calls before its host runs: symbols cost time when they are looked up. */
const FIRST = {
  setsid: { parameters: [], result: "i32" },
  dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  open: { parameters: ["buffer", "i32", "u32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
  unshare: { parameters: ["i32"], result: "i32" },
  setns: { parameters: ["i32", "i32"], result: "i32" },
  mount: {
    parameters: ["buffer", "buffer", "buffer", "u64", "buffer"],
    result: "i32",
  },
  umount2: { parameters: ["buffer", "i32"], result: "i32" },
  __errno_location: { parameters: [], result: "pointer" },
} as const;

/** What comes later. */
const LATER = {
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  poll_later: {
    name: "poll",
    parameters: ["buffer", "u64", "i32"],
    result: "i32",
    nonblocking: true,
  },
  getxattr: {
    parameters: ["buffer", "buffer", "buffer", "usize"],
    result: "isize",
  },
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", "u64", "buffer"], result: "i32" },
  sethostname: { parameters: ["buffer", "usize"], result: "i32" },
  mkdirat: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  openat: { parameters: ["i32", "buffer", "i32", "u32"], result: "i32" },
  openat2: {
    name: "syscall",
    parameters: ["i64", "i32", "buffer", "buffer", "usize"],
    result: "i64",
  },
  strerror: { parameters: ["i32"], result: "pointer" },
} as const;

/** What gives memory back; not before a pod has run for some seconds. */
const MEMORY = {
  madvise: {
    parameters: ["u64", "usize", "i32"],
    result: "i32",
    nonblocking: true,
  },
  malloc_trim: { parameters: ["usize"], result: "i32", nonblocking: true },
} as const;

let first: Symbols<typeof FIRST> | undefined;
let later: Symbols<typeof LATER> | undefined;

/** The C library's symbols that the start of a pod takes; loaded on first use, since `start` does without. */
export function libc(): Symbols<typeof FIRST> {
  return first ??= openLean("libc.so.6", FIRST);
}

/** Its other symbols. */
export function libcLater(): Symbols<typeof LATER> {
  // With the first ones, so that `errno` finds its own loaded: looking it up after a failure could change it.
  libc();
  return later ??= openLean("libc.so.6", LATER);
}

/** Those that give memory back, on other threads; opened at each call. */
export function libcMemory(): Symbols<typeof MEMORY> {
  return openLean("libc.so.6", MEMORY);
}

/** A system call that failed: which, on what, and why. */
export class SystemError extends Error {
  override name = "SystemError";
  constructor(call: string, what: string, readonly errno: number) {
    super(`${call} ${what}: ${errnoText(errno)}`);
  }
}

/** Why the last call on this thread failed; only meaningful straight after a failure. */
export function errno(): number {
  const at = libc().__errno_location();
  return at === null ? 0 : new Deno.UnsafePointerView(at).getInt32();
}

function errnoText(number: number): string {
  const text = libcLater().strerror(number);
  return text === null
    ? `error ${number}`
    : new Deno.UnsafePointerView(text).getCString();
}

/** `result`, unless it says that `call` failed. @throws {SystemError} naming `what` it was done to. */
export function check(
  result: number | bigint,
  call: string,
  what: string,
): number {
  if (result < 0) throw new SystemError(call, what, errno());
  return Number(result);
}

const encoder = new TextEncoder();

/** A string as C wants it. @throws {TypeError} on a NUL inside, which C would take for the end. */
export function cString(text: string): Uint8Array<ArrayBuffer> {
  if (text.includes("\0")) {
    throw new TypeError(`${JSON.stringify(text)} holds a NUL byte`);
  }
  return encoder.encode(`${text}\0`) as Uint8Array<ArrayBuffer>;
}

/** open(2), always close-on-exec. @throws {SystemError} */
export function open(path: string, flags: number, mode = 0): number {
  return check(
    libc().open(cString(path), flags | O.CLOEXEC, mode),
    "open",
    path,
  );
}

/** close(2); a descriptor that is closed already is no matter. */
export function close(fd: number): void {
  libc().close(fd);
}
