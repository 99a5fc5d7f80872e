/** A process that serves HTTP on a port it tells: ours or a baseline. */

import { askUntilAnswered } from "./ask.ts";
import { pss } from "./pss.ts";

/** Kernel ticks a second in `/proc/<pid>/stat` (Linux's USER_HZ, the same on every machine that Deno runs on). */
const TICKS = 100;

export class Server {
  readonly #child: Deno.ChildProcess;

  private constructor(child: Deno.ChildProcess, readonly port: number) {
    this.#child = child;
  }

  /**
   * Starts a command and waits until its output has a line that matches `ready`, whose first group is the port.
   * @throws {Error} when it ends before.
   */
  static async start(
    command: [string, ...string[]],
    ready: RegExp,
  ): Promise<Server> {
    const [path, ...args] = command;
    const child = new Deno.Command(path, {
      args,
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    let said = "";
    while (true) {
      const { done, value } = await reader.read();
      if (done) throw new Error(`${command.join(" ")} ended: ${said}`);
      said += value;
      const port = ready.exec(said)?.[1];
      if (port === undefined) continue;
      drain(reader);
      return new Server(child, Number(port));
    }
  }

  /**
   * Starts a command that listens on `port`, and waits until it answers there.
   * @throws {Error} when it does not within 20 s.
   */
  static async startOn(
    port: number,
    command: [string, ...string[]],
  ): Promise<Server> {
    const [path, ...args] = command;
    const child = new Deno.Command(path, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    try {
      await askUntilAnswered(port);
    } catch (error) {
      child.kill("SIGKILL");
      throw error;
    }
    return new Server(child, port);
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** Memory of the process, MB (PSS): only alone of its executable does it carry all of its pages. */
  memory(): number {
    return pss(this.pid);
  }

  /** CPU time of all its threads so far, seconds. */
  cpu(): number {
    const stat = Deno.readTextFileSync(`/proc/${this.pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) / TICKS;
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#child.status;
  }
}

async function drain(reader: ReadableStreamDefaultReader<string>) {
  while (!(await reader.read()).done);
}
