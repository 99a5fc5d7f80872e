/**
 * Output into one of containerd's FIFOs. Opened for reading and writing without blocking: opening never waits for a
 * reader, a containerd that restarts breaks nothing (our own read end keeps the pipe and what is in it), and closing is
 * at once. While the pipe is full the promise of `write` keeps the guest waiting, as a full pipe does any process.
 */
import { close, ERRNO, errno, libcLater, O, open, POLL } from "../libc.ts";
import { poll } from "./poll.ts";
import type { Sink } from "./sink.ts";

/** How long one wait for room may take before it looks whether the sink was closed: milliseconds. */
const WAIT_MS = 1000;

export class FifoSink implements Sink {
  readonly #fd: number;
  #closed = false;
  #tail: Promise<void> | undefined;

  /** @throws {SystemError} naming the path. */
  constructor(path: string) {
    this.#fd = open(path, O.RDWR | O.NONBLOCK);
  }

  write(bytes: Uint8Array): void | Promise<void> {
    const rest = this.#tail === undefined ? this.#put(bytes) : bytes;
    if (rest.length === 0) return;
    const turn = (this.#tail ?? Promise.resolve())
      .then(() => this.#putAll(rest))
      .then(() => {
        if (this.#tail === turn) this.#tail = undefined;
      });
    this.#tail = turn;
    return turn;
  }

  async drained(): Promise<void> {
    while (this.#tail !== undefined && !this.#closed) await this.#tail;
  }

  close(): void {
    if (!this.#closed) close(this.#fd);
    this.#closed = true;
  }

  async #putAll(bytes: Uint8Array): Promise<void> {
    let rest = bytes;
    while (!this.#closed) {
      rest = this.#put(rest);
      if (rest.length === 0) return;
      await poll([{ fd: this.#fd, events: POLL.OUT }], WAIT_MS);
    }
  }

  /** Writes what the pipe takes now. @returns the rest. */
  #put(bytes: Uint8Array): Uint8Array {
    let rest = bytes;
    while (rest.length > 0 && !this.#closed) {
      const count = Number(
        libcLater().write(
          this.#fd,
          rest as Uint8Array<ArrayBuffer>,
          BigInt(rest.length),
        ),
      );
      if (count < 0) {
        const why = errno();
        if (why === ERRNO.EINTR) continue;
        // With a read end of our own nothing but a full pipe can stop a write; anything else would never end.
        return why === ERRNO.EAGAIN ? rest : rest.subarray(rest.length);
      }
      rest = rest.subarray(count);
    }
    return this.#closed ? rest.subarray(rest.length) : rest;
  }
}
