/** Output that is appended to a file. */
import type { Sink } from "./sink.ts";

export class FileSink implements Sink {
  readonly #file: Deno.FsFile;
  #closed = false;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /** Opens `path` for appending, making it and its folders. @throws Deno's errors, with the path. */
  static create(path: string): FileSink {
    Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")) || "/", {
      recursive: true,
    });
    return new FileSink(
      Deno.openSync(path, { append: true, create: true, mode: 0o644 }),
    );
  }

  write(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length && !this.#closed;) {
        at += this.#file.writeSync(bytes.subarray(at));
      }
    } catch {
      // A full disk loses log lines; it must not stop the function.
    }
  }

  drained(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {
    if (!this.#closed) this.#file.close();
    this.#closed = true;
  }
}
