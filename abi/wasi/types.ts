/** Numbers of WASI preview 1 and the state its functions share. */
import type { HostState } from "../host_call.ts";

/** `errno`, those used here. */
export const Errno = {
  success: 0,
  acces: 2,
  again: 6,
  badf: 8,
  exist: 20,
  fault: 21,
  fbig: 22,
  inval: 28,
  io: 29,
  isdir: 31,
  mfile: 33,
  nametoolong: 37,
  noent: 44,
  nosys: 52,
  notdir: 54,
  notsock: 57,
  notsup: 58,
  spipe: 70,
  notcapable: 76,
} as const;
/** An errno; hosts of files may give any. */
export type Errno = number;

/** `filetype`. */
export const FileType = {
  unknown: 0,
  blockDevice: 1,
  characterDevice: 2,
  directory: 3,
  regularFile: 4,
  socketStream: 6,
  symbolicLink: 7,
} as const;

/** `rights`. */
export const Rights = {
  fdDatasync: 1n << 0n,
  fdRead: 1n << 1n,
  fdSeek: 1n << 2n,
  fdFdstatSetFlags: 1n << 3n,
  fdSync: 1n << 4n,
  fdTell: 1n << 5n,
  fdWrite: 1n << 6n,
  fdAdvise: 1n << 7n,
  fdAllocate: 1n << 8n,
  pathCreateDirectory: 1n << 9n,
  pathCreateFile: 1n << 10n,
  pathLinkSource: 1n << 11n,
  pathLinkTarget: 1n << 12n,
  pathOpen: 1n << 13n,
  fdReaddir: 1n << 14n,
  pathReadlink: 1n << 15n,
  pathRenameSource: 1n << 16n,
  pathRenameTarget: 1n << 17n,
  pathFilestatGet: 1n << 18n,
  pathFilestatSetSize: 1n << 19n,
  pathFilestatSetTimes: 1n << 20n,
  fdFilestatGet: 1n << 21n,
  fdFilestatSetSize: 1n << 22n,
  fdFilestatSetTimes: 1n << 23n,
  pathSymlink: 1n << 24n,
  pathRemoveDirectory: 1n << 25n,
  pathUnlinkFile: 1n << 26n,
  pollFdReadwrite: 1n << 27n,
  all: (1n << 30n) - 1n,
} as const;

/** `fdflags`. */
export const FdFlags = {
  append: 1,
  dsync: 2,
  nonblock: 4,
  rsync: 8,
  sync: 16,
  all: 31,
} as const;

/** `lookupflags`: a symlink as last name is followed. */
export const LOOKUP_FOLLOW = 1;

/** What plugins and commands have in common. */
export interface WasiState extends HostState {
  readonly args: readonly string[];
  /** `KEY=value`. */
  readonly env: readonly string[];
  /** Set by `proc_exit`, which then unwinds; a guest that catches the unwinding is still over. */
  exitCode: number | undefined;
}
