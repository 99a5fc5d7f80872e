/** Numbers of WASI preview 1 and the state its functions share. */
import type { HostState } from "../host_call.ts";

/** `errno`, those used here. */
export const Errno = {
  success: 0,
  acces: 2,
  badf: 8,
  fault: 21,
  inval: 28,
  io: 29,
  isdir: 31,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nosys: 52,
  notdir: 54,
  notsup: 58,
  spipe: 70,
  notcapable: 76,
} as const;
/** An errno; hosts of files may give any. */
export type Errno = number;

/** `filetype`. */
export const FileType = {
  unknown: 0,
  characterDevice: 2,
  directory: 3,
  regularFile: 4,
  symbolicLink: 7,
} as const;

/** `rights`, those that anything here looks at. */
export const Rights = {
  fdRead: 1n << 1n,
  fdSeek: 1n << 2n,
  fdTell: 1n << 5n,
  fdWrite: 1n << 6n,
  fdReaddir: 1n << 14n,
  all: (1n << 30n) - 1n,
} as const;

/** `fdflags`: append. */
export const FDFLAG_APPEND = 1;

/** What plugins and commands have in common. */
export interface WasiState extends HostState {
  readonly args: readonly string[];
  /** `KEY=value`. */
  readonly env: readonly string[];
  /** Set by `proc_exit`, which then unwinds; a guest that catches the unwinding is still over. */
  exitCode: number | undefined;
}
