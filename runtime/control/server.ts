/** The host's side of the control protocol. */
import { keyName } from "./key.ts";
import {
  FrameError,
  FrameKind,
  FrameReader,
  MAX_CONTENT,
  messageFrame,
  outputFrame,
  parseContent,
  parseMessage,
} from "./frame.ts";
import {
  type ContainerSpec,
  CONTROL_VERSION,
  type ErrorCode,
  type Key,
  type Notice,
  OUTPUT_WINDOW,
  type PodSpec,
  type Request,
} from "./messages.ts";
import { type ByteWriter, FrameWriter } from "./writer.ts";

/** Largest module a container may bring: bytes. */
export const MAX_MODULE = 256 * 1024 * 1024;

/** Why a request cannot be met; the shim hears code and message. */
export class ControlError extends Error {
  override name = "ControlError";
  constructor(readonly code: ErrorCode, message: string) {
    super(message);
  }
}

/** What the host does when the shim asks. A rejection answers the request with its error. */
export interface ControlHandler {
  openPod(pod: string, spec: PodSpec): Promise<void>;
  create(
    key: Key,
    spec: ContainerSpec,
    module: Uint8Array<ArrayBuffer>,
  ): Promise<void>;
  start(key: Key): Promise<void>;
  signal(key: Key, signal: number): Promise<void>;
  delete(key: Key): Promise<void>;
  /** Stdin of a container; undefined is its end. */
  input(key: Key, bytes: Uint8Array | undefined): void;
  /** The shim asked whether we live. */
  pinged(): void;
  /** The answer to a request of that type is in the pipe. */
  answered(type: Request["type"]): void;
}

export class ControlServer {
  readonly #handler: ControlHandler;
  readonly #writer: FrameWriter;
  readonly #modules = new Map<string, Uint8Array[]>();
  readonly #outputs = new Map<string, OutputWindow>();

  constructor(sink: ByteWriter, handler: ControlHandler) {
    this.#writer = new FrameWriter(sink);
    this.#handler = handler;
  }

  /** Serves until the shim closes the pipe, which makes this host an orphan. @throws {FrameError} on garbage. */
  async serve(source: AsyncIterable<Uint8Array>): Promise<void> {
    const reader = new FrameReader();
    for await (const chunk of source) {
      for (const { kind, payload } of reader.push(chunk)) {
        if (kind === FrameKind.message) {
          this.#message(parseMessage(payload) as Request | Notice);
        } else if (kind === FrameKind.input) this.#input(payload);
        else if (kind === FrameKind.module) this.#module(payload);
        else {throw new FrameError(
            `control frame: kind ${kind}, expected 1, 3 or 4`,
          );}
      }
    }
  }

  /** Sends output of a container; resolves once its sink took all of it. */
  output(key: Key, stream: 1 | 2, bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += MAX_CONTENT) {
      this.#writer.send(
        outputFrame(key, stream, bytes.subarray(at, at + MAX_CONTENT)),
      );
    }
    const name = keyName(key);
    let window = this.#outputs.get(name);
    if (!window) this.#outputs.set(name, window = new OutputWindow());
    return window.sent(bytes.length);
  }

  /** Sends a line of our own about a container, unless its sink is behind: then it is dropped, nobody waits for it. */
  line(key: Key, bytes: Uint8Array): void {
    const behind = this.#outputs.get(keyName(key))?.outstanding ?? 0;
    if (behind <= OUTPUT_WINDOW) this.output(key, 2, bytes);
  }

  exited(key: Key, status: number, reason: string): void {
    this.#writer.send(
      messageFrame({ type: "exited", key, status, at: Date.now(), reason }),
    );
  }

  /** So many bytes of a container's input were read by its guest. */
  inputTaken(key: Key, bytes: number): void {
    this.#writer.send(messageFrame({ type: "inputTaken", key, bytes }));
  }

  /** Resolves when all that was sent so far is in the pipe. */
  flushed(): Promise<void> {
    return this.#writer.flushed();
  }

  #input(payload: Uint8Array<ArrayBuffer>): void {
    const { key, bytes } = parseContent(payload);
    this.#handler.input(key, bytes.length > 0 ? bytes : undefined);
  }

  #module(payload: Uint8Array<ArrayBuffer>): void {
    const { key, bytes } = parseContent(payload);
    const name = keyName(key);
    const parts = this.#modules.get(name) ?? [];
    parts.push(bytes);
    if (parts.reduce((sum, part) => sum + part.length, 0) > MAX_MODULE) {
      throw new FrameError(
        `module of container ${key.container}: over ${MAX_MODULE} bytes`,
      );
    }
    this.#modules.set(name, parts);
  }

  async #message(message: Request | Notice): Promise<void> {
    if (message.type === "credit") {
      this.#outputs.get(keyName(message.key))?.taken(message.bytes);
      return;
    }
    const { seq } = message;
    try {
      await this.#dispatch(message);
      this.#writer.send(messageFrame({ type: "result", seq }));
      this.#writer.flushed().then(
        () => this.#handler.answered(message.type),
        () => {},
      );
    } catch (error) {
      const code = error instanceof ControlError ? error.code : "internal";
      this.#writer.send(
        messageFrame({
          type: "result",
          seq,
          error: { code, message: (error as Error).message },
        }),
      );
    }
  }

  #dispatch(request: Request): Promise<void> | void {
    switch (request.type) {
      case "hello":
        return checkVersion(request.version);
      case "openPod":
        return this.#handler.openPod(request.pod, request.spec);
      case "create":
        return this.#handler.create(
          request.key,
          request.spec,
          this.#takeModule(request.key, request.moduleSize),
        );
      case "start":
        return this.#handler.start(request.key);
      case "signal":
        return this.#handler.signal(request.key, request.signal);
      case "delete":
        this.#outputs.delete(keyName(request.key));
        return this.#handler.delete(request.key);
      case "update":
        return;
      case "ping":
        return this.#handler.pinged();
      case "pause":
      case "resume":
      case "exec":
        throw new ControlError(
          "unimplemented",
          `${request.type} of container ${request.key.container}: not implemented`,
        );
      default:
        throw new ControlError(
          "unimplemented",
          `control request ${(request as Request).type}: not implemented`,
        );
    }
  }

  #takeModule(key: Key, size: number): Uint8Array<ArrayBuffer> {
    const parts = this.#modules.get(keyName(key)) ?? [];
    this.#modules.delete(keyName(key));
    const whole = new Uint8Array(
      parts.reduce((sum, part) => sum + part.length, 0),
    );
    if (whole.length !== size) {
      throw new ControlError(
        "invalid",
        `module of ${key.container}: got ${whole.length} bytes, expected ${size}`,
      );
    }
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

/** Bytes of one container under way to their sink. */
class OutputWindow {
  #sent = 0;
  #taken = 0;
  #waiting: { upTo: number; resolve: () => void }[] = [];

  get outstanding(): number {
    return this.#sent - this.#taken;
  }

  sent(bytes: number): Promise<void> {
    this.#sent += bytes;
    const upTo = this.#sent;
    return new Promise((resolve) => this.#waiting.push({ upTo, resolve }));
  }

  taken(bytes: number): void {
    this.#taken += bytes;
    while (this.#waiting[0] && this.#waiting[0].upTo <= this.#taken) {
      this.#waiting.shift()?.resolve();
    }
  }
}

function checkVersion(version: number): void {
  if (version !== CONTROL_VERSION) {
    throw new ControlError(
      "precondition",
      `control protocol: version ${version}, expected ${CONTROL_VERSION}`,
    );
  }
}
