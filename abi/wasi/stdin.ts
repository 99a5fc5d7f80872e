/** A command's stdin: what has been read but not taken stays here, so that `poll_oneoff` can look without taking. */
import type { GuestHost } from "../host.ts";

const READ = 65536;

export class Stdin {
  readonly #host: GuestHost;
  #held = new Uint8Array(0);
  #ended = false;
  #reading: Promise<void> | undefined;

  constructor(host: GuestHost) {
    this.#host = host;
  }

  /** Bytes that a read would give without waiting. */
  get available(): number {
    return this.#held.length;
  }

  /** Whether all has been taken and nothing more will come. */
  get hasEnded(): boolean {
    return this.#ended && this.#held.length === 0;
  }

  /** Whether a read would give something, or the end of the file, without waiting. */
  get isReady(): boolean {
    return this.#ended || this.#held.length > 0;
  }

  /** Resolves when `isReady`. */
  ready(): Promise<void> {
    if (this.isReady) return Promise.resolve();
    return this.#reading ??= this.#read();
  }

  async #read(): Promise<void> {
    try {
      const bytes = await this.#host.read(READ);
      if (bytes.length === 0) this.#ended = true;
      else this.#held = bytes as Uint8Array<ArrayBuffer>;
    } finally {
      this.#reading = undefined;
    }
  }

  /** Up to `max` bytes; an empty array is the end. */
  async take(max: number): Promise<Uint8Array> {
    await this.ready();
    const taken = this.#held.subarray(0, max);
    this.#held = this.#held.subarray(taken.length);
    return taken;
  }
}
