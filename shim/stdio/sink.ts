/** Where a container's output goes: what containerd named in Create (SHIM.md §5.6). */
import { failure } from "../errors.ts";
import { FifoSink } from "./fifo.ts";
import { FileSink } from "./file.ts";

/** Takes bytes in the order they are given. */
export interface Sink {
  /** A promise means the sink is full; it resolves when the bytes are taken or the sink is closed. Never rejects. */
  write(bytes: Uint8Array): void | Promise<void>;
  /** Resolves when everything given so far is taken. */
  drained(): Promise<void>;
  /** Closes every descriptor at once; what was not taken is lost. */
  close(): void;
}

/** Takes everything and keeps nothing. */
const DISCARD: Sink = {
  write() {},
  drained: () => Promise.resolve(),
  close() {},
};

/**
 * Opens the sink of an output stream: a FIFO, a plain file, `file://` with a path, or nothing for "".
 * @param name `stdout` or `stderr`, for messages.
 * @throws {TtrpcError} naming the stream and the value.
 */
export function openSink(name: string, value: string): Sink {
  if (value === "") return DISCARD;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1];
  if (scheme === "file") return FileSink.create(filePath(name, value));
  if (scheme === "binary" || scheme === "binary-v2") {
    throw failure(
      "unimplemented",
      `${name} ${value}: logging programs are not supported, expected a FIFO or file://`,
    );
  }
  if (scheme !== undefined) {
    throw failure(
      "invalid",
      `${name} ${value}: unknown scheme ${scheme}, expected a path or file://`,
    );
  }
  return openPath(name, value);
}

function openPath(name: string, path: string): Sink {
  try {
    const info = Deno.statSync(path);
    if (info.isFifo) return new FifoSink(path);
    if (info.isFile) return FileSink.create(path);
  } catch (error) {
    throw failure("notFound", `${name} ${path}: ${(error as Error).message}`);
  }
  throw failure("invalid", `${name} ${path}: expected a FIFO or a file`);
}

function filePath(name: string, value: string): string {
  const { host, pathname } = new URL(value);
  const path = decodeURIComponent(pathname);
  if (host !== "" || path === "" || path.endsWith("/")) {
    throw failure(
      "invalid",
      `${name} ${value}: expected file:// and an absolute path of a file`,
    );
  }
  return path;
}
