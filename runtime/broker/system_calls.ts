/**
 * The file system calls Deno has no name for, or none that is exact enough: nanoseconds, link counts, paths that cannot
 * leave a folder. Made through the C library's `syscall`, so that a few shapes of arguments serve them all (each symbol
 * of a library costs time to open). See RATIONALE.md.
 */
import { FileError } from "../../abi/host.ts";
import { wasiErrno } from "./errnos.ts";

/** Numbers of the calls; they differ by architecture, but for the newest. */
const X64 = {
  fsync: 74,
  fdatasync: 75,
  ftruncate: 77,
  fcntl: 72,
  pread: 17,
  preadv2: 327,
  pwrite: 18,
  lseek: 8,
  getdents: 217,
  mkdirat: 258,
  unlinkat: 263,
  linkat: 265,
  symlinkat: 266,
  readlinkat: 267,
  utimensat: 280,
  fallocate: 285,
  renameat2: 316,
  statx: 332,
  openat2: 437,
  close: 3,
  prctl: 157,
  madvise: 28,
};
export type CallName = keyof typeof X64;

const ARM64: Record<CallName, number> = {
  fsync: 82,
  fdatasync: 83,
  ftruncate: 46,
  fcntl: 25,
  pread: 67,
  preadv2: 286,
  pwrite: 68,
  lseek: 62,
  getdents: 61,
  mkdirat: 34,
  unlinkat: 35,
  linkat: 37,
  symlinkat: 36,
  readlinkat: 78,
  utimensat: 88,
  fallocate: 47,
  renameat2: 276,
  statx: 291,
  openat2: 437,
  close: 57,
  prctl: 167,
  madvise: 233,
};

const NUMBERS: Record<CallName, number> = Deno.build.arch === "aarch64"
  ? ARM64
  : X64;

/**
 * How the number is passed to a call on this thread: as a structure of that one field, which travels as the field would.
 * For symbols without a structure Deno makes machine code when they are opened, 0.2 ms each in every host, and a call is
 * 0.2 µs faster by it.
 */
const NUMBER: Deno.NativeType = { struct: ["i64"] };

function asStructure(number: number): Uint8Array {
  return new Uint8Array(BigInt64Array.of(BigInt(number)).buffer);
}

const STRUCTURES = Object.fromEntries(
  Object.entries(NUMBERS).map(([name, number]) => [name, asStructure(number)]),
) as Record<CallName, Uint8Array>;

/** The parameters after the call's number. Numbers are passed as i64, whatever the call makes of them. */
const SHAPES = {
  /** fsync, fdatasync, ftruncate, fallocate, fcntl, lseek, close, madvise: a descriptor or an address, and numbers. */
  numbers: ["i64", "i64", "i64", "i64"],
  /** pread, pwrite, getdents, mkdirat, unlinkat: a descriptor, bytes, numbers. */
  bytes: ["i64", "buffer", "i64", "i64"],
  /** openat2, readlinkat, utimensat: a descriptor, a path, bytes, a number. */
  path: ["i64", "buffer", "buffer", "i64"],
  statx: ["i64", "buffer", "i64", "i64", "buffer"],
  symlinkat: ["buffer", "i64", "buffer"],
  preadv2: ["i64", "buffer", "i64", "i64", "i64", "i64"],
  prctl: ["i64", "i64", "i64", "i64", "i64"],
  /** renameat2, linkat. */
  twoPaths: ["i64", "buffer", "i64", "buffer", "i64"],
} as const satisfies Record<string, Deno.NativeType[]>;
type Shape = keyof typeof SHAPES;

export type Argument = bigint | Uint8Array | BigUint64Array | BigInt64Array;
type Caller<N, R> = (number: N, ...args: Argument[]) => R;

/** Bytes that are read at once where they are at hand. */
const SCRATCH = 64 * 1024;

interface SystemCalls {
  now: Record<Shape, Caller<Uint8Array, bigint>>;
  later: Record<Shape, Caller<bigint, Promise<bigint>>>;
  /** malloc_trim(3), on a thread that may wait. */
  trim: (kept: bigint) => Promise<number>;
  /** The C library's own `errno` of this thread. */
  errno: Int32Array;
  /** Where `readAtHand` reads to, and its `struct iovec`: address and size. */
  scratch: Uint8Array;
  iovec: BigUint64Array;
}

let opened: SystemCalls | undefined;

/**
 * Opens the calls, once. The host does it before it gives up the permission to (`confine.ts`); what is open stays open.
 * @throws {Error} no glibc, or no permission.
 */
export function openSystemCalls(): SystemCalls {
  if (opened) return opened;
  const symbols: Record<string, Deno.ForeignFunction> = {
    __errno_location: { parameters: [], result: "pointer" },
    malloc_trim: { parameters: ["usize"], result: "i32", nonblocking: true },
  };
  for (const [shape, parameters] of Object.entries(SHAPES)) {
    const one = { name: "syscall", result: "i64" } as const;
    symbols[`now_${shape}`] = { ...one, parameters: [NUMBER, ...parameters] };
    symbols[`later_${shape}`] = {
      ...one,
      parameters: ["i64", ...parameters],
      nonblocking: true,
    };
  }
  const library = Deno.dlopen("libc.so.6", symbols);
  const calls = library.symbols as unknown as Record<string, unknown>;
  const errnoAt = (calls.__errno_location as () => Deno.PointerObject)();
  const all = (when: "now" | "later") =>
    Object.fromEntries(
      Object.keys(SHAPES).map((shape) => [shape, calls[`${when}_${shape}`]]),
    );
  const scratch = new Uint8Array(SCRATCH);
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(scratch));
  return opened = {
    scratch,
    iovec: new BigUint64Array([BigInt(address), 0n]),
    now: all("now") as SystemCalls["now"],
    later: all("later") as SystemCalls["later"],
    trim: calls.malloc_trim as SystemCalls["trim"],
    // Read through a pointer it would want the permission each time.
    errno: new Int32Array(
      new Deno.UnsafePointerView(errnoAt).getArrayBuffer(4),
    ),
  };
}

const EINTR = 4;
const EAGAIN = 11;
const EINVAL = 22;
const ENOSYS = 38;

/** What says that a call would wait, or that this kernel knows of no such calls. */
const NOT_AT_HAND = [EAGAIN, EINVAL, EINTR];

/** How often a call is made again that was interrupted, or that lost a race with a rename. */
const TRIES = 64;

/**
 * One call on this thread, for what cannot wait for a disk.
 * @throws {FileError} with the WASI number of its failure, naming the call.
 */
export function callNow(
  name: CallName,
  shape: Shape,
  ...args: Argument[]
): number {
  for (let tries = 1;; tries++) {
    const result = attempt(name, shape, ...args);
    if (result >= 0) return result;
    const again = result === -EINTR || result === -EAGAIN;
    if (!again || tries === TRIES) throw failure(name, -result);
  }
}

/** One call on this thread; Linux's errno negated where it failed. */
function attempt(name: CallName, shape: Shape, ...args: Argument[]): number {
  const { now, errno } = openSystemCalls();
  const result = now[shape](STRUCTURES[name], ...args);
  return result >= 0n ? Number(result) : -errno[0]!;
}

function failure(name: CallName, errno: number): FileError {
  return new FileError(
    wasiErrno(errno),
    errno === ENOSYS
      ? `${name}: this kernel does not have it, Linux 5.8 or newer is needed`
      : `${name}: error ${errno}`,
  );
}

/**
 * One call on this thread that the kernel was told not to wait in.
 * @returns undefined where it would have to, or is too old for such calls.
 * @throws {FileError}
 */
export function callIfAtHand(
  name: CallName,
  shape: Shape,
  ...args: Argument[]
): number | undefined {
  const result = attempt(name, shape, ...args);
  if (result >= 0) return result;
  if (NOT_AT_HAND.includes(-result)) return undefined;
  throw failure(name, -result);
}

const RWF_NOWAIT = 8n;
const SEEK_END = 2n;

/** Up to `length` bytes of a file at `offset`, if the kernel has all there are in memory; else undefined. */
export function readAtHand(
  fd: number,
  offset: bigint,
  length: number,
): Uint8Array | undefined {
  if (length > SCRATCH) return undefined;
  const { scratch, iovec } = openSystemCalls();
  iovec[1] = BigInt(length);
  const file = BigInt(fd);
  const size = attempt(
    "preadv2",
    "preadv2",
    file,
    iovec,
    1n,
    offset,
    0n,
    RWF_NOWAIT,
  );
  if (size < 0) return undefined;
  if (size < length) {
    // The file's end, or the end of what is in memory?
    const end = attempt("lseek", "numbers", file, 0n, SEEK_END, 0n);
    if (size > 0 && offset + BigInt(size) < BigInt(end)) return undefined;
  }
  return scratch.slice(0, size);
}

/**
 * One call on a thread that may wait, so that a slow disk stops nobody else. `errno` stays on that thread: a call that
 * failed, and so did nothing, is made again on this one, which tells why, or succeeds.
 * @throws {FileError}
 */
export async function call(
  name: CallName,
  shape: Shape,
  ...args: Argument[]
): Promise<number> {
  const { later } = openSystemCalls();
  const result = await later[shape](BigInt(NUMBERS[name]), ...args);
  return result >= 0n ? Number(result) : callNow(name, shape, ...args);
}

/** Closes a descriptor, which may wait for what was written. Never made twice: the number may be another file's by then. */
export async function closeLater(fd: number): Promise<void> {
  const { later } = openSystemCalls();
  const number = BigInt(NUMBERS.close);
  if (await later.numbers(number, BigInt(fd), 0n, 0n, 0n) < 0n) {
    throw new FileError(EIO, "close: what was written could not be kept");
  }
}

const EIO = 29;

/** malloc_trim(3): what the C library's allocator has free goes back to the system. Resolves when it did. */
export async function trimAllocator(): Promise<void> {
  await openSystemCalls().trim(0n);
}

/** A byte string as C wants it. @throws {FileError} 28 for a zero byte inside, 37 for more than 4096 bytes. */
export function cPath(path: string): Uint8Array<ArrayBuffer> {
  if (path.length > MAX_PATH) {
    throw new FileError(37, `a path of ${path.length} bytes`);
  }
  const bytes = new Uint8Array(path.length + 1);
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    if (code === 0) throw new FileError(28, "a path with a zero byte");
    bytes[i] = code;
  }
  return bytes;
}

const MAX_PATH = 4096;
