/** The shim's side of the control protocol: one object per host. */
import {
  contentFrame,
  FrameError,
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
import { InputWindow } from "./input_window.ts";
import { keyName } from "./key.ts";
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

/**
 * Output of one host that may wait for its sinks here: bytes. A host waits for `credit` itself and stays far below; one
 * that does not was taken over, and must not fill the memory of whoever reads it.
 */
export const MAX_UNDER_WAY = 64 * 1024 * 1024;
/** The year 10000, which timestamps do not reach: milliseconds since 1970. */
const MAX_TIME = 253_402_300_800_000;
/** What a frame costs beside its bytes. */
const FRAME_COST = 256;

type Unnumbered<T> = T extends { seq: number } ? Omit<T, "seq"> : never;

export class HostClient {
  readonly #writer: FrameWriter;
  readonly #events: HostEvents;
  readonly #pending = new Map<
    number,
    { resolve: () => void; reject: (error: Error) => void }
  >();
  readonly #windows = new Map<string, InputWindow>();
  #sequence = 0;
  /** Output that was read and is not taken yet: bytes. */
  #underWay = 0;
  #closed: string | undefined;

  constructor(
    io: {
      readable: ReadableStream<Uint8Array>;
      writable: WritableStream<Uint8Array>;
    },
    events: HostEvents,
  ) {
    const sink = io.writable.getWriter();
    sink.closed.catch(() => {}); // A write that fails says so.
    this.#writer = new FrameWriter(sink);
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
    this.#windows.set(keyName(key), new InputWindow());
    for (let at = 0; at < module.length; at += MAX_CONTENT) {
      this.#writer.send(
        contentFrame(
          FrameKind.module,
          key,
          module.subarray(at, at + MAX_CONTENT),
        ),
      );
    }
    const created = this.#ask({
      type: "create",
      key,
      spec,
      moduleSize: module.length,
    });
    created.catch(() => this.#endInput(key));
    return created;
  }

  start(key: Key): Promise<void> {
    return this.#ask({ type: "start", key });
  }

  signal(key: Key, signal: number): Promise<void> {
    return this.#ask({ type: "signal", key, signal });
  }

  delete(key: Key): Promise<void> {
    this.#endInput(key);
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

  /** Bytes for a container's stdin; resolves when the pipe took them and the guest has not too much left to read. */
  async input(key: Key, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += MAX_CONTENT) {
      this.#writer.send(
        contentFrame(
          FrameKind.input,
          key,
          bytes.subarray(at, at + MAX_CONTENT),
        ),
      );
    }
    await this.#writer.flushed();
    // A container that is not there, or not any more, reads nothing that could be waited for.
    await this.#windows.get(keyName(key))?.sent(bytes.length);
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

  /** Lets go of who waits for a container to read. */
  #endInput(key: Key): void {
    this.#windows.get(keyName(key))?.end();
    this.#windows.delete(keyName(key));
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
          if (kind === FrameKind.output) this.#output(parseOutput(payload));
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
    for (const window of this.#windows.values()) window.end();
    this.#windows.clear();
    this.#events.closed(reason);
  }

  /** @throws {FrameError} when more is under way than an honest host ever has. */
  #output(output: { key: Key; stream: 1 | 2; bytes: Uint8Array }): void {
    const size = output.bytes.length + FRAME_COST;
    this.#underWay += size;
    if (this.#underWay > MAX_UNDER_WAY) {
      throw new FrameError(
        `more than ${MAX_UNDER_WAY} bytes of output before any was taken`,
      );
    }
    this.#pass(output).then(() => this.#underWay -= size);
  }

  async #pass(
    { key, stream, bytes }: { key: Key; stream: 1 | 2; bytes: Uint8Array },
  ): Promise<void> {
    await this.#events.output(key, stream, bytes);
    this.#writer.send(
      messageFrame({ type: "credit", key, bytes: bytes.length }),
    );
  }

  /** @throws {FrameError} on figures that are none: they go into replies and events, which could not be written. */
  #exited({ key, status, at, reason }: Reply & { type: "exited" }): void {
    const wrong = !Number.isInteger(status) || status < 0 || status > 255 ||
      !(at >= 0 && at < MAX_TIME) || typeof reason !== "string";
    if (wrong) {
      throw new FrameError(
        `control message: exited with status ${status} at ${at}, expected 0 to 255 and milliseconds since 1970`,
      );
    }
    this.#endInput(key);
    this.#events.exited(key, status, at, reason);
  }

  #reply(reply: Reply): void {
    if (reply.type === "exited") return this.#exited(reply);
    if (reply.type === "inputTaken") {
      this.#windows.get(keyName(reply.key))?.taken(reply.bytes);
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
