/** A container's stdin: read from containerd's FIFO in the background until it ends. */
import {
  check,
  close,
  ERRNO,
  errno,
  libcLater,
  O,
  open,
  POLL,
} from "../libc.ts";
import { isReadable, poll } from "./poll.ts";

/** Bytes asked for by one read. */
const READ_SIZE = 64 * 1024;

const NONBLOCK = O.NONBLOCK;

/** Who gets the input. */
export interface InputTaker {
  /** The next bytes; the following read waits for the promise. */
  data(bytes: Uint8Array): Promise<void>;
  /** End of file; told once, unless the pump was stopped. */
  end(): void;
}

/**
 * Reads one FIFO. A writer that has not come yet is no end of file: Linux reports a hang-up only after a writer was
 * there, so `poll` tells the two apart where `read` cannot.
 */
export class InputPump {
  readonly #fd: number;
  /** Wakes the poll when the pump shall end. */
  readonly #wake: number;
  readonly #taker: InputTaker;
  #ending: "no" | "drain" | "stop" = "no";
  /** Its descriptors are closed, and their numbers may be somebody else's. */
  #closed = false;
  readonly done: Promise<void>;

  /** @throws {SystemError} naming the path. */
  constructor(path: string, taker: InputTaker) {
    this.#taker = taker;
    this.#fd = open(path, O.RDONLY | O.NONBLOCK);
    this.#wake = check(
      libcLater().eventfd(0, NONBLOCK | O.CLOEXEC),
      "eventfd",
      "for stdin",
    );
    this.done = this.#run();
  }

  /** CloseIO: what is in the pipe now is still passed on, then comes the end. */
  finish(): void {
    this.#end("drain");
  }

  /** Ends at once and tells the taker nothing more. */
  stop(): void {
    this.#end("stop");
  }

  #end(how: "drain" | "stop"): void {
    if (this.#ending === "stop" || this.#closed) return;
    this.#ending = how;
    libcLater().write(
      this.#wake,
      new Uint8Array(new BigUint64Array([1n]).buffer),
      8n,
    );
  }

  async #run(): Promise<void> {
    const buffer = new Uint8Array(READ_SIZE);
    try {
      while (this.#ending === "no" || this.#ending === "drain") {
        const draining = this.#ending === "drain";
        if (!draining) await this.#ready();
        if (this.#stopped()) return;
        const count = Number(
          libcLater().read(this.#fd, buffer, BigInt(buffer.length)),
        );
        if (count > 0) await this.#taker.data(buffer.slice(0, count));
        else if (count === 0) break;
        else if (draining) break;
        else if (errno() !== ERRNO.EAGAIN && errno() !== ERRNO.EINTR) break;
      }
      if (!this.#stopped()) this.#taker.end();
    } catch {
      // Nobody takes the input any more: its container is gone.
    } finally {
      this.#closed = true;
      close(this.#fd);
      close(this.#wake);
    }
  }

  #stopped(): boolean {
    return this.#ending === "stop";
  }

  async #ready(): Promise<void> {
    for (;;) {
      const [input = 0, wake = 0] = await poll([
        { fd: this.#fd, events: POLL.IN },
        { fd: this.#wake, events: POLL.IN },
      ], -1);
      if (isReadable(input) || isReadable(wake)) return;
    }
  }
}
