/** A baseline script that measures something on request: a count goes in on stdin, a figure comes back on stdout. */
import type { Bench } from "./bench.ts";
import { BARE_FLAGS } from "./laptop.ts";
import { baseline } from "./paths.ts";

export class Script {
  readonly #child: Deno.ChildProcess;
  readonly #in: WritableStreamDefaultWriter<Uint8Array>;
  readonly #out: ReadableStreamDefaultReader<string>;

  private constructor(child: Deno.ChildProcess) {
    this.#child = child;
    this.#in = child.stdin.getWriter();
    this.#out = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts it and waits until it is warm. */
  static async start(
    bench: Bench,
    name: string,
    ...args: string[]
  ): Promise<Script> {
    const script = new Script(
      new Deno.Command(bench.deno, {
        args: [...BARE_FLAGS, baseline(name), ...args],
        stdin: "piped",
        stdout: "piped",
        stderr: "inherit",
      }).spawn(),
    );
    await script.#line();
    return script;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Its figure for `count` repetitions. */
  async measure(count: number): Promise<number> {
    await this.#in.write(new TextEncoder().encode(`${count}\n`));
    return Number(await this.#line());
  }

  async stop(): Promise<void> {
    await this.#out.cancel();
    this.#child.kill("SIGKILL");
    await this.#child.status;
  }

  async #line(): Promise<string> {
    let line = "";
    while (!line.endsWith("\n")) {
      const { done, value } = await this.#out.read();
      if (done) throw new Error("a baseline script ended too early");
      line += value;
    }
    return line.trim();
  }
}
