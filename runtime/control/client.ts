/** The shim's side of the control protocol: one object per host. */
import {
  contentFrame,
  FrameKind,
  FrameReader,
  MAX_CONTENT,
  messageFrame,
  parseMessage,
  parseOutput,
} from "./frame.ts";
import {
  type ContainerSpec,
  CONTROL_VERSION,
  type ErrorCode,
  type Key,
  type PodSpec,
  type Reply,
  type Request,
} from "./messages.ts";
import { FrameWriter } from "./writer.ts";

/** What a host reports without being asked. */
export interface HostEvents {
  /** Output of a container. The host may send more of it once the promise resolves. */
  output(key: Key, stream: 1 | 2, bytes: Uint8Array): void | Promise<void>;
  /** A container's process ended; `at` is milliseconds since the epoch. */
  exited(key: Key, status: number, at: number, reason: string): void;
  /** End of file on the host's stdout, or bytes that are no control frame. */
  closed(reason: string): void;
}

/** A request the host refused. */
export class HostRequestError extends Error {
  override name = "HostRequestError";
  constructor(readonly code: ErrorCode, message: string) {
    super(message);
  }
}

type Unnumbered<T> = T extends { seq: number } ? Omit<T, "seq"> : never;

export class HostClient {
  readonly #writer: FrameWriter;
  readonly #events: HostEvents;
  readonly #pending = new Map<
    number,
    { resolve: () => void; reject: (error: Error) => void }
  >();
  #sequence = 0;
  #closed: string | undefined;

  constructor(
    io: {
      readable: ReadableStream<Uint8Array>;
      writable: WritableStream<Uint8Array>;
    },
    events: HostEvents,
  ) {
    this.#writer = new FrameWriter(io.writable);
    this.#events = events;
    this.#read(io.readable);
  }

  /** First of all: both sides must speak the same version. */
  hello(): Promise<void> {
    return this.#ask({ type: "hello", version: CONTROL_VERSION });
  }

  openPod(pod: string, spec: PodSpec): Promise<void> {
    return this.#ask({ type: "openPod", pod, spec });
  }

  /** Hands over a container and its module; resolves once the module is validated, compiled and linked. */
  create(key: Key, spec: ContainerSpec, module: Uint8Array): Promise<void> {
    for (let at = 0; at < module.length; at += MAX_CONTENT) {
      this.#writer.send(
        contentFrame(
          FrameKind.module,
          key,
          module.subarray(at, at + MAX_CONTENT),
        ),
      );
    }
    return this.#ask({ type: "create", key, spec, moduleSize: module.length });
  }

  start(key: Key): Promise<void> {
    return this.#ask({ type: "start", key });
  }

  signal(key: Key, signal: number): Promise<void> {
    return this.#ask({ type: "signal", key, signal });
  }

  delete(key: Key): Promise<void> {
    return this.#ask({ type: "delete", key });
  }

  /** `resources` is the OCI `linux.resources` object. */
  update(key: Key, resources: unknown): Promise<void> {
    return this.#ask({ type: "update", key, resources });
  }

  pause(key: Key): Promise<void> {
    return this.#ask({ type: "pause", key });
  }

  resume(key: Key): Promise<void> {
    return this.#ask({ type: "resume", key });
  }

  /** `spec` is the OCI `process` object. */
  exec(key: Key, spec: unknown): Promise<void> {
    return this.#ask({ type: "exec", key, spec });
  }

  ping(): Promise<void> {
    return this.#ask({ type: "ping" });
  }

  /** Bytes for a container's stdin; resolves when the pipe took them. */
  input(key: Key, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += MAX_CONTENT) {
      this.#writer.send(
        contentFrame(
          FrameKind.input,
          key,
          bytes.subarray(at, at + MAX_CONTENT),
        ),
      );
    }
    return this.#writer.flushed();
  }

  /** End of file on a container's stdin. */
  closeInput(key: Key): Promise<void> {
    this.#writer.send(contentFrame(FrameKind.input, key, new Uint8Array(0)));
    return this.#writer.flushed();
  }

  /** Closes the host's stdin; a host that reads end of file ends itself. */
  close(): void {
    this.#writer.close();
  }

  #ask(request: Unnumbered<Request>): Promise<void> {
    if (this.#closed !== undefined) {
      return Promise.reject(new HostRequestError("unavailable", this.#closed));
    }
    const seq = ++this.#sequence;
    return new Promise((resolve, reject) => {
      this.#pending.set(seq, { resolve, reject });
      this.#writer.send(messageFrame({ ...request, seq }));
    });
  }

  async #read(readable: ReadableStream<Uint8Array>): Promise<void> {
    const reader = new FrameReader();
    let reason = "the host closed its control pipe";
    try {
      for await (const chunk of readable) {
        for (const { kind, payload } of reader.push(chunk)) {
          if (kind === FrameKind.output) this.#output(payload);
          else if (kind === FrameKind.message) {
            this.#reply(parseMessage(payload) as Reply);
          }
        }
      }
    } catch (error) {
      reason = `the host's control pipe broke: ${(error as Error).message}`;
    }
    this.#closed = reason;
    for (const { reject } of this.#pending.values()) {
      reject(new HostRequestError("unavailable", reason));
    }
    this.#pending.clear();
    this.#events.closed(reason);
  }

  async #output(payload: Uint8Array<ArrayBuffer>): Promise<void> {
    const { key, stream, bytes } = parseOutput(payload);
    await this.#events.output(key, stream, bytes);
    this.#writer.send(
      messageFrame({ type: "credit", key, bytes: bytes.length }),
    );
  }

  #reply(reply: Reply): void {
    if (reply.type === "exited") {
      this.#events.exited(reply.key, reply.status, reply.at, reply.reason);
      return;
    }
    const waiting = this.#pending.get(reply.seq);
    this.#pending.delete(reply.seq);
    if (reply.error) {
      waiting?.reject(
        new HostRequestError(reply.error.code, reply.error.message),
      );
    } else waiting?.resolve();
  }
}
