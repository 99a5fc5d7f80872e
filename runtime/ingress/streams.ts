/** Bodies as streams that can be handed to another isolate, and back. */
import type { Pair } from "../http/fields.ts";
import { joined } from "../../proto/joined.ts";
import type { BodyStream } from "../isolate/messages.ts";
import type { BodySink, IncomingBody, Reply } from "./incoming.ts";

/** Bytes of a stream that wait before more is asked for. */
const WINDOW = 64 * 1024;

/**
 * All of a body, up to `limit` bytes.
 * @returns undefined when it has more; a declared length is refused before a byte is read.
 * @throws {Error} the client broke off.
 */
export function collect(
  body: IncomingBody,
  limit: number,
): Promise<Uint8Array | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<
    Uint8Array | undefined
  >();
  const tooLarge = () => {
    body.stop();
    resolve(undefined);
  };
  if ((body.declared ?? 0) > limit) {
    tooLarge();
    return promise;
  }
  const parts: Uint8Array[] = [];
  let size = 0;
  body.read({
    data(bytes, end) {
      size += bytes.length;
      if (size > limit) return tooLarge();
      parts.push(bytes);
      if (end) resolve(joined(parts));
    },
    trailers: () => resolve(joined(parts)),
    broken: () => reject(new Error("the client broke its request off")),
  });
  return promise;
}

/** A body as a stream. */
export function streamOfBody(body: IncomingBody): BodyStream {
  return new ReadableStream<Uint8Array | Pair[]>({
    start(controller) {
      const hold = () => body.hold((controller.desiredSize ?? 1) <= 0);
      body.read({
        data(bytes, end) {
          if (bytes.length > 0) controller.enqueue(bytes);
          if (end) controller.close();
          else hold();
        },
        trailers(fields) {
          controller.enqueue(fields);
          controller.close();
        },
        broken: () =>
          controller.error(new Error("the client broke its request off")),
      });
    },
    pull: () => body.hold(false),
    cancel: () => body.stop(),
  }, { highWaterMark: WINDOW, size: (part) => part.length });
}

/** An answer whose body comes as a stream, no faster than its client reads. */
export async function sendStream(
  reply: Reply,
  status: number,
  headers: readonly Pair[],
  stream: BodyStream,
): Promise<void> {
  const reader = stream.getReader();
  let held: PromiseWithResolvers<void> | undefined;
  reply.listen({
    gone() {
      held?.resolve();
      reader.cancel().catch(() => {});
    },
    pressure(on) {
      if (on) held ??= Promise.withResolvers();
      else {
        held?.resolve();
        held = undefined;
      }
    },
  });
  reply.head(status, headers);
  let trailers: Pair[] | undefined;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return reply.end(trailers);
      if (value instanceof Uint8Array) reply.data(value);
      else trailers = value;
      await held?.promise;
    }
  } catch (error) {
    reply.reset(String(error));
  }
}

/** A body that comes as a stream, or is there. */
export class StreamBody implements IncomingBody {
  readonly declared: number | undefined;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array | Pair[]>;
  #held: PromiseWithResolvers<void> | undefined;
  #stopped = false;

  constructor(
    body: BodyStream,
    declared: number | undefined,
  ) {
    this.#reader = body.getReader();
    this.declared = declared;
  }

  async read(sink: BodySink): Promise<void> {
    let size = 0;
    try {
      while (!this.#stopped) {
        await this.#held?.promise;
        const { done, value = NOTHING } = await this.#reader.read();
        if (this.#stopped) return;
        if (!(value instanceof Uint8Array)) return sink.trailers(value);
        size += value.length;
        // Where its length was said, its end comes with its last part.
        const end = done || size === this.declared;
        sink.data(value, end);
        if (end) return;
      }
    } catch {
      // Or the sink threw, which it must not: unheard that would end the isolate.
      if (!this.#stopped) sink.broken();
    }
  }

  hold(on: boolean): void {
    if (on) this.#held ??= Promise.withResolvers();
    else {
      this.#held?.resolve();
      this.#held = undefined;
    }
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.hold(false);
    this.#reader.cancel().catch(() => {});
  }
}

/** A body that came along with its request. */
export class PresentBody implements IncomingBody {
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get declared(): number {
    return this.#bytes.length;
  }

  read(sink: BodySink): void {
    sink.data(this.#bytes, true);
  }

  hold(): void {}
  stop(): void {}
}

const NOTHING = new Uint8Array(0);
