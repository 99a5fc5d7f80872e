/** A Redis server of our own, on an address pods can reach. */
import { run } from "./box.ts";
import { until } from "./poll.ts";

export class Redis {
  #child: Deno.ChildProcess | undefined;

  private constructor(readonly host: string, readonly port: number) {}

  static async open(host: string): Promise<Redis> {
    // A port that was free a moment ago; nobody else binds on this bridge.
    const probe = Deno.listen({ hostname: host, port: 0 });
    const { port } = probe.addr;
    probe.close();
    const it = new Redis(host, port);
    await it.start();
    return it;
  }

  async start(): Promise<void> {
    const options = ["--bind", this.host, "--port", `${this.port}`];
    options.push("--save", "", "--protected-mode", "no");
    this.#child = new Deno.Command("redis-server", {
      args: options,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    await until(
      "redis answers",
      async () => (await this.#cli("ping")).includes("PONG"),
    );
  }

  async set(key: string, value: string): Promise<void> {
    await this.#cli("set", key, value);
  }

  async stop(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#child?.status;
    this.#child = undefined;
  }

  async #cli(...args: string[]): Promise<string> {
    const where = ["-h", this.host, "-p", `${this.port}`];
    return (await run(["redis-cli", ...where, ...args])).stdout;
  }
}
