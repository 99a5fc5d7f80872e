/** A real Redis server of a test's own: loopback, nothing kept, ended with the test. */

export class RedisServer implements AsyncDisposable {
  readonly port: number;
  #dir: string;
  #args: readonly string[];
  #process: Deno.ChildProcess | undefined;

  private constructor(port: number, dir: string, args: readonly string[]) {
    this.port = port;
    this.#dir = dir;
    this.#args = args;
  }

  /** A server that is not started yet, on a port that is free. */
  static async prepare(...args: string[]): Promise<RedisServer> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    return new RedisServer(port, await Deno.makeTempDir(), args);
  }

  /** A server that answers. */
  static async start(...args: string[]): Promise<RedisServer> {
    const server = await RedisServer.prepare(...args);
    await server.start();
    return server;
  }

  async start(): Promise<void> {
    this.#process = new Deno.Command("redis-server", {
      args: [
        ...["--port", String(this.port), "--bind", "127.0.0.1"],
        ...["--save", "", "--appendonly", "no", "--dir", this.#dir],
        ...this.#args,
      ],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    while (!await this.#accepts()) await pause(10);
  }

  /** Ends it without a goodbye; its data are gone. */
  async kill(): Promise<void> {
    const process = this.#process;
    this.#process = undefined;
    process?.kill("SIGKILL");
    await process?.status;
  }

  /** Stops it answering, connections open, until `thaw`. */
  freeze(): void {
    this.#process?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#process?.kill("SIGCONT");
  }

  /** The answer of `redis-cli`, each reply on a line. */
  async cli(...args: string[]): Promise<string> {
    const { stdout } = await new Deno.Command("redis-cli", {
      args: ["-p", String(this.port), ...args],
    }).output();
    return new TextDecoder().decode(stdout).trimEnd();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#dir, { recursive: true });
  }

  async #accepts(): Promise<boolean> {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port: this.port })).close();
      return true;
    } catch {
      return false;
    }
  }
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
