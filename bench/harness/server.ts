/** A process that serves HTTP on a port it tells: ours or a baseline. */

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

  /** CPU time of all its threads so far, seconds. */
  cpu(): number {
    const stat = Deno.readTextFileSync(`/proc/${this.#child.pid}/stat`);
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
