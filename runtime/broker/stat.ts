/** Attributes as the kernel gives them (statx(2)), and times as it takes them. */
import type { FileKind, FileStat, NewTimes } from "../../abi/host.ts";
import { type call, type callNow, cPath } from "./system_calls.ts";

const AT_EMPTY_PATH = 0x1000n;
const STATX_BASIC_STATS = 0x7ffn;
const STATX_SIZE = 256;

const FORMAT = 0o170000;
const KINDS: Record<number, FileKind> = {
  0o020000: "character",
  0o040000: "directory",
  0o060000: "block",
  0o100000: "file",
  0o120000: "symlink",
  0o140000: "socket",
};

export const NO_PATH = cPath("");

/** Attributes of what `fd` is of, by `call` or by `callNow`. */
export async function statOf(
  fd: number,
  by: typeof call | typeof callNow,
): Promise<FileStat> {
  const bytes = new Uint8Array(STATX_SIZE);
  await by(
    "statx",
    "statx",
    BigInt(fd),
    NO_PATH,
    AT_EMPTY_PATH,
    STATX_BASIC_STATS,
    bytes,
  );
  return decodeStat(new DataView(bytes.buffer));
}

/**
 * `struct statx`: u32 links at 16, u16 mode at 28, u64 inode at 32, u64 size at 40, then times of 16 bytes
 * `{i64 seconds, u32 nanoseconds}`: accessed at 64, changed at 96, modified at 112; the device's two u32 at 136.
 */
function decodeStat(view: DataView): FileStat {
  const time = (at: number) =>
    view.getBigInt64(at, true) * 1_000_000_000n +
    BigInt(view.getUint32(at + 8, true));
  return {
    kind: KINDS[view.getUint16(28, true) & FORMAT] ?? "other",
    device: (BigInt(view.getUint32(136, true)) << 32n) |
      BigInt(view.getUint32(140, true)),
    inode: view.getBigUint64(32, true),
    links: BigInt(view.getUint32(16, true)),
    size: view.getBigUint64(40, true),
    accessed: time(64),
    modified: time(112),
    changed: time(96),
  };
}

const UTIME_NOW = (1n << 30n) - 1n;
const UTIME_OMIT = (1n << 30n) - 2n;

/** utimensat(2) of what `fd` is of. */
export async function setTimesOf(
  fd: number,
  { accessed, modified }: NewTimes,
  by: typeof call,
): Promise<void> {
  const times = new BigInt64Array([
    ...timespec(accessed),
    ...timespec(modified),
  ]);
  await by("utimensat", "path", BigInt(fd), NO_PATH, times, AT_EMPTY_PATH);
}

function timespec(time: NewTimes["accessed"]): [bigint, bigint] {
  if (time === "now") return [0n, UTIME_NOW];
  if (time === "unchanged") return [0n, UTIME_OMIT];
  return [time / 1_000_000_000n, time % 1_000_000_000n];
}
