/** The system calls by which a host gives memory back, through the broker's, since it has no other left. */
import { byteString, O, openOwn } from "../broker/inside.ts";
import { call, callNow, trimAllocator } from "../broker/system_calls.ts";
import type { MemoryCalls } from "../memory/reclaimer.ts";

const MADV_DONTNEED = 4n;
/** What the kernel gives of such a file at once, or less. */
const PIECE = 4096;

export const memoryCalls: MemoryCalls = {
  maps: () => readOwn("/proc/self/maps"),
  letGo: ({ start, length }) =>
    call("madvise", "numbers", start, length, MADV_DONTNEED, 0n),
  trim: trimAllocator,
};

/** A file of the host's own that Deno keeps from a program without every permission, as a byte string. */
function readOwn(path: string): string {
  const fd = BigInt(openOwn(path, O.RDONLY));
  try {
    const piece = new Uint8Array(PIECE);
    let text = "";
    while (true) {
      const offset = BigInt(text.length);
      const size = callNow("pread", "bytes", fd, piece, BigInt(PIECE), offset);
      if (size === 0) return text;
      text += byteString(piece, size);
    }
  } finally {
    callNow("close", "numbers", fd, 0n, 0n, 0n);
  }
}
