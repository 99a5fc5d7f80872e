/** Writes frames in order, one write under way at a time; frames queued meanwhile go out together. */
export class FrameWriter {
  readonly #sink: WritableStreamDefaultWriter<Uint8Array>;
  #queue: Uint8Array[] = [];
  #running = false;
  #broken: Error | undefined;
  #idle: (() => void)[] = [];

  constructor(writable: WritableStream<Uint8Array>) {
    this.#sink = writable.getWriter();
    this.#sink.closed.catch(() => {});
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
        await this.#sink.write(concat(batch));
      } catch (error) {
        this.#broken = error as Error;
      }
    }
    this.#running = false;
    for (const resolve of this.#idle.splice(0)) resolve();
  }
}

function concat(parts: Uint8Array[]): Uint8Array {
  const only = parts[0];
  if (parts.length === 1 && only) return only;
  const bytes = new Uint8Array(
    parts.reduce((sum, part) => sum + part.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
