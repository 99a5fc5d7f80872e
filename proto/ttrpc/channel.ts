/**
 * One connection: reads frames, writes them in order and few at a time. The
 * only file of this folder that moves bytes.
 *
 * @module
 */

import { type Frame, FrameReader } from "./frame.ts";

/** What a channel needs of a connection; `Deno.Conn` has it. */
export interface Duplex {
  /** Resolves to the number of bytes put into `buffer`, `null` at the end. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Resolves to the number of bytes taken from the front of `bytes`. */
  write(bytes: Uint8Array): Promise<number>;
  close(): void;
}

/** Bytes asked for by one read. */
const READ_SIZE = 65_536;

/** Frames shorter than this together go out in one write. */
const BATCH_SIZE = 65_536;

/** No more is taken from a peer that has left so many bytes unread. */
const MAX_QUEUED = 8_388_608;

/** Owns a connection from its first byte until it is closed. */
export class Channel {
  readonly #duplex: Duplex;
  readonly #frames = new FrameReader();
  #queue: Uint8Array[] = [];
  #queuedBytes = 0;
  #flush: Promise<void> | undefined;
  #closed = false;

  constructor(duplex: Duplex) {
    this.#duplex = duplex;
  }

  /** Whether the connection is closed; what is sent then is dropped. */
  get closed(): boolean {
    return this.#closed;
  }

  /**
   * Calls `onFrame` for each frame until the peer ends the stream or the
   * channel is closed, then closes. The end of the stream is the end of the
   * connection: containerd never closes one half only (SHIM.md §2).
   *
   * @throws what the connection throws while it is not closed by us.
   */
  async run(onFrame: (frame: Frame) => void): Promise<void> {
    const buffer = new Uint8Array(READ_SIZE);
    try {
      while (!this.#closed) {
        const count = await this.#duplex.read(buffer);
        if (count === null) return;
        const frames: Frame[] = [];
        this.#frames.push(
          buffer.subarray(0, count),
          (frame) => frames.push(frame),
        );
        for (const frame of frames) {
          if (this.#closed) return;
          onFrame(frame);
          // Before the next frame: one read may hold a thousand small calls.
          if (this.#queuedBytes > MAX_QUEUED) await this.#flush;
        }
      }
    } catch (error) {
      if (!this.#closed) throw error;
    } finally {
      this.close();
    }
  }

  /** Queues a frame; frames of the same turn leave in one write. */
  send(frame: Uint8Array): void {
    if (this.#closed) return;
    this.#queue.push(frame);
    this.#queuedBytes += frame.length;
    this.#flush ??= this.#writeQueue();
  }

  /** Resolves when everything sent so far is written or dropped. */
  async flushed(): Promise<void> {
    while (this.#flush !== undefined) await this.#flush;
  }

  /** Closes at once; what is queued is dropped. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#duplex.close();
  }

  async #writeQueue(): Promise<void> {
    // One turn later, so that replies made in this one leave together.
    await Promise.resolve();
    try {
      while (this.#queue.length > 0) {
        const batch = this.#takeBatch();
        for (let pos = 0; pos < batch.length;) {
          pos += await this.#duplex.write(batch.subarray(pos));
        }
        if (!this.#closed) this.#queuedBytes -= batch.length;
      }
    } catch {
      // The peer is gone: nobody is left to tell, and the reader ends too.
      this.close();
    } finally {
      this.#flush = undefined;
    }
  }

  #takeBatch(): Uint8Array {
    const first = this.#queue[0]!;
    let count = 1;
    let size = first.length;
    while (count < this.#queue.length) {
      const next = this.#queue[count]!.length;
      if (size + next > BATCH_SIZE) break;
      size += next;
      count++;
    }
    if (count === 1) {
      this.#queue.shift();
      return first;
    }
    const batch = new Uint8Array(size);
    let pos = 0;
    for (const frame of this.#queue.splice(0, count)) {
      batch.set(frame, pos);
      pos += frame.length;
    }
    return batch;
  }
}
