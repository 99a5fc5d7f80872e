/**
 * What the ABI needs from whoever hosts it. `abi` is a leaf: it declares this interface and `runtime` supplies it, so
 * nothing below this folder knows a worker, a port, a store or a file system.
 *
 * A method that returns a promise suspends the guest: the import behind it is a `WebAssembly.Suspending` function and
 * the guest sees an ordinary blocking call (DESIGN, decision 2). A method that may return either a value or a promise
 * suspends only when it has to.
 */

import type { GuestCalls } from "./calls.ts";

export type * from "./calls.ts";

/** proxy-wasm log levels (spec v0.2.1, `proxy_log_level_t`). */
export const LogLevel = {
  trace: 0,
  debug: 1,
  info: 2,
  warn: 3,
  error: 4,
  critical: 5,
} as const;
export type LogLevel = typeof LogLevel[keyof typeof LogLevel];

/** The world as one function sees it. One object serves all instances of that function in an isolate. */
export interface GuestHost {
  /**
   * One log line of the guest, or about it. The text may hold anything; the sink escapes it. `stream`: it was written for
   * an exchange or a connection, and not for the plugin as a whole. Never blocks, never throws.
   */
  log(level: LogLevel, message: string, stream?: boolean): void;

  /** The least level that reaches the log now (`proxy_get_log_level`). */
  logLevel(): LogLevel;

  /**
   * Bytes the guest wrote to stdout (1) or stderr (2), passed on unchanged. The callee keeps `bytes`: hand it a copy.
   * A promise means the sink is full; the guest waits for it. It rejects with a `FileError` where nobody reads any more.
   */
  write(stream: 1 | 2, bytes: Uint8Array): void | Promise<void>;

  /** Up to `max` bytes of stdin; an empty array is end of file. */
  read(max: number): Promise<Uint8Array>;

  /** What stdin, stdout and stderr are, by number; pipes where it is not said. */
  readonly streams?: readonly StreamKind[];

  /**
   * The value under `key` in the state store component `store`; empty when there is none.
   * @throws {HostCallError} unknown store, forbidden, or a store that does not answer.
   */
  getState(store: string, key: string): Promise<Uint8Array>;

  /**
   * Calls function `id` in this host with `param` as its request body and gives the body of its answer. `from` is the
   * request in which the call is made, if it is made in one.
   * @throws {HostCallError} unknown function, its answer was not 200, a cycle, or no answer in time.
   */
  invokeService(
    id: string,
    method: string,
    param: Uint8Array,
    from?: GuestRequest,
  ): Promise<Uint8Array>;

  /** The guest's files, or undefined where it has none. Isolates may not read files: every call goes to the broker. */
  readonly files: GuestFiles | undefined;

  /** The guest's calls to services outside, or undefined where it may make none. */
  readonly calls: GuestCalls | undefined;
}

/** What a standard stream is. A "file" is one that was redirected to or from; whether it ends is told by reading. */
export type StreamKind = "pipe" | "file" | "terminal";

/** A host call that failed; the guest gets a status (10 unless a table says otherwise), the log gets the message. */
export class HostCallError extends Error {
  override name = "HostCallError";
}

/** What a path is; FIFOs and what else WASI has no `filetype` for are "other". */
export type FileKind =
  | "file"
  | "directory"
  | "symlink"
  | "character"
  | "block"
  | "socket"
  | "other";

/** A file's attributes; times are nanoseconds since the epoch. */
export interface FileStat {
  kind: FileKind;
  /** With `inode`: which file it is. */
  device: bigint;
  inode: bigint;
  links: bigint;
  size: bigint;
  accessed: bigint;
  modified: bigint;
  changed: bigint;
}

/** Times to set: nanoseconds since the epoch, the present, or as it was. */
export interface NewTimes {
  accessed: bigint | "now" | "unchanged";
  modified: bigint | "now" | "unchanged";
}

/** An entry of a directory; the name is a byte string. `.` and `..` are among them. */
export interface DirectoryEntry {
  name: string;
  kind: FileKind;
  inode: bigint;
}

/** One preopened directory: the path the guest sees. Its number in the list is its handle. */
export interface Preopen {
  path: string;
  readOnly: boolean;
}

/**
 * Files of a guest, served by the broker in the host's main isolate. Handles are the broker's and belong to this guest
 * alone; those of the preopens are 0, 1, …. A `path` is a byte string (one character per byte, as Linux has paths),
 * relative to the directory `at` is a handle of, and never leaves the preopen, wherever symlinks point. Failures are
 * `FileError` with a WASI errno.
 */
export interface GuestFiles {
  readonly preopens: readonly Preopen[];
  /** Opens a file or directory. Everything else (FIFOs, devices) is refused with 28. */
  open(at: number, path: string, options: OpenOptions): Promise<OpenedFile>;
  close(handle: number): Promise<void>;
  /** Up to `length` bytes; fewer where the file ends, or the broker gives no more at once. */
  read(handle: number, offset: bigint, length: number): Promise<Uint8Array>;
  /** @returns how many bytes were written. */
  write(handle: number, offset: bigint, bytes: Uint8Array): Promise<number>;
  /** Writes at the end. @returns how many bytes, and where the file ends now. */
  append(
    handle: number,
    bytes: Uint8Array,
  ): Promise<{ written: number; end: bigint }>;
  /** Resolves when the file is on its disk, with `dataOnly` perhaps not its times. */
  sync(handle: number, dataOnly: boolean): Promise<void>;
  stat(handle: number): Promise<FileStat>;
  setSize(handle: number, size: bigint): Promise<void>;
  setTimes(handle: number, times: NewTimes): Promise<void>;
  /** Makes sure there is room for these bytes; the file grows to their end. */
  allocate(handle: number, offset: bigint, length: bigint): Promise<void>;
  list(handle: number): Promise<DirectoryEntry[]>;
  statAt(at: number, path: string, follow: boolean): Promise<FileStat>;
  setTimesAt(
    at: number,
    path: string,
    follow: boolean,
    times: NewTimes,
  ): Promise<void>;
  makeDirectory(at: number, path: string): Promise<void>;
  removeDirectory(at: number, path: string): Promise<void>;
  removeFile(at: number, path: string): Promise<void>;
  readLink(at: number, path: string): Promise<string>;
  makeSymlink(target: string, at: number, path: string): Promise<void>;
  /** `follow`: whether a symlink as last name of `path` is followed. */
  link(
    at: number,
    path: string,
    follow: boolean,
    newAt: number,
    newPath: string,
  ): Promise<void>;
  rename(
    at: number,
    path: string,
    newAt: number,
    newPath: string,
  ): Promise<void>;
}

/** The calls of `GuestFiles`, by name. */
export const FILE_CALLS = [
  "open",
  "close",
  "read",
  "write",
  "append",
  "sync",
  "stat",
  "setSize",
  "setTimes",
  "allocate",
  "list",
  "statAt",
  "setTimesAt",
  "makeDirectory",
  "removeDirectory",
  "removeFile",
  "readLink",
  "makeSymlink",
  "link",
  "rename",
] as const satisfies readonly (keyof GuestFiles)[];
export type FileCall = typeof FILE_CALLS[number];

export interface OpenOptions {
  read: boolean;
  write: boolean;
  create: boolean;
  exclusive: boolean;
  truncate: boolean;
  directory: boolean;
  follow: boolean;
}

/** What was opened. */
export interface OpenedFile {
  handle: number;
  kind: "file" | "directory";
}

/** A failed file call; `errno` is the WASI preview 1 number (44 noent, 8 badf, 76 notcapable, …). */
export class FileError extends Error {
  override name = "FileError";
  constructor(readonly errno: number, message: string) {
    super(message);
  }
}

/** What a plugin is started with. Sizes are bounded by whoever builds it (1 MiB each). */
export interface PluginOptions {
  /** `plugin_root_id` property; must be a name the module registered, "" for most. */
  rootId: string;
  pluginName: string;
  vmId: string;
  vmConfiguration: Uint8Array;
  pluginConfiguration: Uint8Array;
  /** WASI environment, `KEY=value`. */
  env: readonly string[];
  /**
   * Names of the host calls and callbacks that the plugin may use (Envoy's `allowed_capabilities`); undefined: all. A
   * host call that is not among them fails, a callback that is not among them is never called.
   */
  capabilities?: readonly string[];
  /** Headers answered with 1 are held alone, and the body is shown nevertheless; unless true it waits with them. */
  headersAlone?: boolean;
  /** What a configuration says of the host itself (`node.…` properties). */
  node?: NodeFacts;
}

/** The host as a configuration of Envoy's names it; `metadata` is what JSON can hold. */
export interface NodeFacts {
  readonly id: string;
  readonly cluster: string;
  readonly locality: {
    readonly region: string;
    readonly zone: string;
    readonly subZone: string;
  };
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One HTTP request as a function sees it. */
export interface GuestRequest {
  /**
   * In order of arrival, names in lower case. Iterated at most once per request. Values are byte strings, one character
   * per byte, as `Headers` has them; one with a character past U+00FF reaches the guest as UTF-8.
   */
  headers: Iterable<readonly [string, string]>;
  /** The body, or the decoded query string where there is none (ABI.md §5.4, Layotto's body rule). */
  body: Uint8Array;
  /** Whether `body` came as a body (so headers are announced with end-of-stream 0). */
  bodyIsReal: boolean;
  method: string;
  path: string;
  authority: string;
  scheme: string;
  /** What is known besides; what is not there is an unknown property to the guest. */
  readonly facts?: Facts;
}

/** An end of a connection, as Envoy writes it in properties. */
export interface Endpoint {
  /** An IP address, without the brackets of IPv6; absent where it is not known. */
  hostname?: string;
  port: number;
}

/** What a guest may ask about a request or connection beyond its own bytes (ABI.md §4.2). */
export interface Facts {
  /** The client's end of its connection, and ours. */
  source?: Endpoint;
  destination?: Endpoint;
  /** Unique among the connections of an isolate. */
  connectionId?: number;
  /** `HTTP/1.0`, `HTTP/1.1`, `HTTP/2`. */
  protocol?: string;
  /** The route that was chosen, and the cluster it leads to. */
  routeName?: string;
  clusterName?: string;
  /** The other end of the connection to the upstream, and ours. */
  upstream?: Endpoint;
  upstreamLocal?: Endpoint;
  /** Why the response is what it is, as Envoy's `response.code_details` says it. */
  codeDetails?: string;
}

/**
 * The function's answer: status 200 to 599, fields that HTTP can carry (byte strings, names in lower case), empty unless
 * the guest set some.
 */
export interface GuestResponse {
  status: number;
  headers: [string, string][];
  body: Uint8Array;
}

/** A guest that failed and whose instance must never be entered again. */
export class GuestTrap extends Error {
  override name = "GuestTrap";
  constructor(
    /** The callback that was running, e.g. `proxy_on_request_headers`. */
    readonly callback: string,
    message: string,
    /** The wasm frames, innermost first, as V8 prints them. */
    readonly wasmStack: string,
  ) {
    super(message);
  }
}
