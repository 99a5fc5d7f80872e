/** The three streams of one task. */
import { within } from "../../proto/after.ts";
import { InputPump, type InputTaker } from "./input.ts";
import { openSink, type Sink } from "./sink.ts";

/** The streams as Create names them. */
export interface StdioPaths {
  stdin: string;
  stdout: string;
  stderr: string;
  terminal: boolean;
}

/** How long a finished task's output may take to reach its sinks: milliseconds. */
const DRAIN_MS = 2000;

export class Stdio {
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #stdin: string;
  #input: InputPump | undefined;

  private constructor(stdout: Sink, stderr: Sink, stdin: string) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#stdin = stdin;
  }

  /**
   * Opens the outputs. A terminal has one stream: both go to stdout.
   * @throws {TtrpcError} naming stream and value; then nothing is open.
   */
  static open(paths: StdioPaths): Stdio {
    const stdout = openSink("stdout", paths.stdout);
    try {
      const stderr = paths.terminal ? stdout : openSink("stderr", paths.stderr);
      return new Stdio(stdout, stderr, paths.stdin);
    } catch (error) {
      stdout.close();
      throw error;
    }
  }

  /** Whether containerd will give input. */
  get hasInput(): boolean {
    return this.#stdin !== "";
  }

  /** Begins to read stdin, if there is one. @throws {SystemError} naming its path. */
  readInput(taker: InputTaker): void {
    if (this.hasInput) this.#input = new InputPump(this.#stdin, taker);
  }

  /** CloseIO: no more input than what is there. */
  closeInput(): void {
    this.#input?.finish();
  }

  write(stream: 1 | 2, bytes: Uint8Array): void | Promise<void> {
    return (stream === 1 ? this.#stdout : this.#stderr).write(bytes);
  }

  /** Ends all streams: output that is under way gets 2 s, then every descriptor is closed. */
  async finish(): Promise<void> {
    this.#input?.stop();
    const drained = [this.#stdout.drained(), this.#stderr.drained()];
    await within(DRAIN_MS, Promise.all(drained));
    this.close();
  }

  /** Closes every descriptor now. */
  close(): void {
    this.#input?.stop();
    this.#stdout.close();
    this.#stderr.close();
  }
}
