/** The world as one instance sees it: `abi/host.ts`, answered over the isolate's port. */
import {
  FileError,
  type GuestCalls,
  type GuestFiles,
  type GuestHost,
  type GuestRequest,
  HostCallError,
  type LogLevel,
  type StreamKind,
} from "../../../abi/host.ts";
import { OUTPUT_WINDOW } from "../../control/messages.ts";
import type { FunctionSpec } from "../messages.ts";
import type { Arrival } from "./arrival.ts";
import { brokeredFiles } from "./brokered_files.ts";
import { OutsideCalls } from "./calls.ts";
import { call, peers, send, upstreams } from "./port.ts";

/** Bytes a plugin's output may have under way. */
const PLUGIN_WINDOW = 4 * OUTPUT_WINDOW;

/** Output of one function under way to its sink, shared by its instances. */
export class OutputFlow {
  readonly #fn: number;
  readonly #waits: boolean;
  #outstanding = 0;
  #dropped = 0;
  #waiting: (() => void)[] = [];
  /** WASI's errno, by stream, where nothing is taken any more. */
  readonly #broken: { 1?: number; 2?: number } = {};

  /** `waits`: whether this guest may be suspended while it writes. */
  constructor(fn: number, waits: boolean) {
    this.#fn = fn;
    this.#waits = waits;
  }

  /**
   * Over the window a guest that can wait does, and loses nothing. A plugin cannot wait in the middle of a callback:
   * what it prints far beyond the window is dropped and counted, as its log lines are.
   */
  write(stream: 1 | 2, bytes: Uint8Array): void | Promise<void> {
    if (!this.#waits && this.#outstanding > PLUGIN_WINDOW) {
      this.#dropped++;
      return;
    }
    const errno = this.#broken[stream];
    if (errno !== undefined) {
      return Promise.reject(new FileError(errno, "the stream is closed"));
    }
    send({ t: "output", fn: this.#fn, stream, bytes });
    this.#outstanding += bytes.length;
    if (this.#waits && this.#outstanding > OUTPUT_WINDOW) {
      return new Promise((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Log lines never make a guest wait: over the window they are counted instead, and the count is logged later. */
  log(level: LogLevel, message: string, ours: boolean, stream = false): void {
    if (this.#outstanding > OUTPUT_WINDOW) {
      this.#dropped++;
      return;
    }
    this.#outstanding += message.length;
    send({ t: "log", fn: this.#fn, level, message, ours, stream });
  }

  taken(bytes: number, broken?: { stream: 1 | 2; errno: number }): void {
    if (broken !== undefined) this.#broken[broken.stream] = broken.errno;
    this.#outstanding = Math.max(0, this.#outstanding - bytes);
    if (this.#outstanding > OUTPUT_WINDOW) return;
    for (const resume of this.#waiting.splice(0)) resume();
    if (this.#dropped > 0) {
      const dropped = this.#dropped;
      this.#dropped = 0;
      this.log(
        3,
        `${dropped} lines dropped: nobody reads this container's log fast enough`,
        true,
      );
    }
  }
}

/** Stdin of a command, filled by the control protocol. */
export class Input {
  #chunks: Uint8Array[] = [];
  #ended: boolean;
  #wake: (() => void) | undefined;

  /** `taken` is told how many bytes the guest has read. */
  constructor(open: boolean, private readonly taken: (bytes: number) => void) {
    this.#ended = !open;
  }

  push(bytes: Uint8Array | undefined): void {
    if (bytes === undefined) this.#ended = true;
    else this.#chunks.push(bytes);
    this.#wake?.();
    this.#wake = undefined;
  }

  async read(max: number): Promise<Uint8Array> {
    while (this.#chunks.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => this.#wake = resolve);
    }
    const first = this.#chunks[0];
    if (!first) return new Uint8Array(0);
    this.taken(Math.min(first.length, max));
    if (first.length <= max) {
      this.#chunks.shift();
      return first;
    }
    this.#chunks[0] = first.subarray(max);
    return first.subarray(0, max);
  }
}

/** One per instance. */
export class InstanceHost implements GuestHost {
  readonly files: GuestFiles | undefined;
  readonly calls: GuestCalls;
  readonly #fn: number;
  readonly #spec: FunctionSpec;
  readonly #flow: OutputFlow;
  readonly #input: Input;
  readonly #id: () => string;

  /** `id` gives the function's id, which is not known before its first instance has said it. */
  constructor(
    fn: number,
    spec: FunctionSpec,
    flow: OutputFlow,
    input: Input,
    id: () => string,
  ) {
    this.#id = id;
    this.#fn = fn;
    this.#spec = spec;
    this.#flow = flow;
    this.#input = input;
    this.files = spec.preopens.length > 0
      ? brokeredFiles(fn, spec.preopens)
      : undefined;
    this.calls = new OutsideCalls(fn, spec, upstreams);
  }

  log(level: LogLevel, message: string, stream = false): void {
    if (level < this.#spec.logLevel) return;
    this.#flow.log(level, message, false, stream);
  }

  logLevel(): LogLevel {
    return this.#spec.logLevel;
  }

  write(stream: 1 | 2, bytes: Uint8Array): void | Promise<void> {
    return this.#flow.write(stream, bytes);
  }

  read(max: number): Promise<Uint8Array> {
    return this.#input.read(max);
  }

  get streams(): readonly StreamKind[] {
    return this.#spec.streams;
  }

  getState(store: string, key: string): Promise<Uint8Array> {
    return this.#call("state.get", [store, key]) as Promise<Uint8Array>;
  }

  invokeService(
    id: string,
    method: string,
    param: Uint8Array,
    from?: GuestRequest,
  ): Promise<Uint8Array> {
    // Those that wait for the answer of the request in which this call is made, and this function.
    const waiting = [...(from as Arrival | undefined)?.chain ?? [], this.#id()];
    return this.#invoke(id, method, param, waiting);
  }

  async #invoke(
    id: string,
    method: string,
    param: Uint8Array,
    waiting: string[],
  ): Promise<Uint8Array> {
    let answer: Uint8Array | undefined;
    try {
      answer = await peers.invoke(id, method, param, waiting);
    } catch (error) {
      // Refused by the main isolate all the same: it has the log, and a guest that goes on failing waits for it.
      await this.#call("invoke.failed", [(error as Error).message]);
    }
    return answer ??
      await this.#call("invoke", [id, method, param, waiting]) as Uint8Array;
  }

  async #call(
    op: "state.get" | "invoke" | "invoke.failed",
    args: unknown[],
  ): Promise<unknown> {
    try {
      return await call(this.#fn, op, args);
    } catch (error) {
      throw new HostCallError((error as Error).message);
    }
  }
}
