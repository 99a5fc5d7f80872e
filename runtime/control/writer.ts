import { joined } from "../../proto/joined.ts";

/** Where bytes go: a stream's writer, or less than that. */
export interface ByteWriter {
  /** Resolves when all of them were taken. */
  write(bytes: Uint8Array): Promise<unknown>;
  close(): Promise<unknown>;
}

/** Writes frames in order, one write under way at a time; frames queued meanwhile go out together. */
export class FrameWriter {
  readonly #sink: ByteWriter;
  #queue: Uint8Array[] = [];
  #running = false;
  #broken: Error | undefined;
  #idle: (() => void)[] = [];

  constructor(sink: ByteWriter) {
    this.#sink = sink;
  }

  /** Why nothing more is written, if that is so. */
  get broken(): Error | undefined {
    return this.#broken;
  }

  /** Queues a frame; what became of it shows in the answer, or in the peer's end of file. */
  send(frame: Uint8Array): void {
    if (this.#broken) return;
    this.#queue.push(frame);
    if (!this.#running) this.#run();
  }

  /** Resolves when everything queued so far was taken by the pipe, or the pipe broke. */
  flushed(): Promise<void> {
    if (!this.#running) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  close(): void {
    this.#broken ??= new Error("closed");
    this.#sink.close().catch(() => {});
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#queue.length > 0 && !this.#broken) {
      const batch = this.#queue;
      this.#queue = [];
      try {
        await this.#sink.write(joined(batch));
      } catch (error) {
        this.#broken = error as Error;
      }
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}
