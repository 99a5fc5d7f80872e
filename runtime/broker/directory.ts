/** What is in a directory (getdents64(2)). */
import {
  type DirectoryEntry,
  FileError,
  type FileKind,
} from "../../abi/host.ts";
import { byteString } from "./inside.ts";
import { call } from "./system_calls.ts";

/** Entries one listing gives at most. */
const MAX_ENTRIES = 100_000;
const BUFFER = 64 * 1024;
const EOVERFLOW = 61;

const KINDS: Record<number, FileKind> = {
  2: "character",
  4: "directory",
  6: "block",
  8: "file",
  10: "symlink",
  12: "socket",
};

/** All entries of the directory `fd`, from where it stands. @throws {FileError} 61 for more than 100,000. */
export async function readEntries(fd: number): Promise<DirectoryEntry[]> {
  const entries: DirectoryEntry[] = [];
  const buffer = new Uint8Array(BUFFER);
  for (;;) {
    const size = await call(
      "getdents",
      "bytes",
      BigInt(fd),
      buffer,
      BigInt(BUFFER),
      0n,
    );
    if (size === 0) return entries;
    decode(buffer, size, entries);
    if (entries.length > MAX_ENTRIES) {
      throw new FileError(EOVERFLOW, `over ${MAX_ENTRIES} entries`);
    }
  }
}

/** Records of `{u64 inode, u64 position, u16 size of the record at 16, u8 type, name and a zero}`. */
function decode(
  bytes: Uint8Array,
  size: number,
  entries: DirectoryEntry[],
): void {
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < size;) {
    const end = at + view.getUint16(at + 16, true);
    const name = bytes.subarray(at + 19, end);
    entries.push({
      name: byteString(name, name.indexOf(0)),
      kind: KINDS[bytes[at + 18]!] ?? "other",
      inode: view.getBigUint64(at, true),
    });
    at = end;
  }
}
