/** A `layotto start` of its own: free ports, a data folder of its own. */
import assert from "node:assert/strict";
import { command } from "./run.ts";

export class Laptop {
  /** What it printed until it was ready. */
  readonly said: string;
  readonly #child: Deno.ChildProcess;
  readonly #rest: Promise<[void, string]>;

  /** @param args more flags; ports are free ones. Fails when it ends before it is ready. */
  static async start(
    cwd: string,
    args: readonly string[] = [],
    env: Record<string, string> = {},
  ): Promise<Laptop> {
    const ports = ["http", "admin", "actuator"].flatMap((of) => [
      `--${of}-port`,
      "0",
    ]);
    const child = command(["start", ...ports, ...args], { cwd, env }).spawn();
    const stderr = new Response(child.stderr).text();
    const reader = child.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    let said = "";
    while (!said.includes("Ctrl-C stops it.")) {
      const { done, value } = await reader.read();
      if (done) {
        const { code } = await child.status;
        assert.fail(`layotto start ended with ${code}: ${await stderr}`);
      }
      said += value;
    }
    const drain = async () => {
      while (!(await reader.read()).done);
    };
    return new Laptop(child, said, Promise.all([drain(), stderr]));
  }

  private constructor(
    child: Deno.ChildProcess,
    said: string,
    rest: Promise<[void, string]>,
  ) {
    this.#child = child;
    this.said = said;
    this.#rest = rest;
  }

  /** A base URL out of what it printed. */
  url(name: "functions" | "health"): string {
    const found = new RegExp(`^ +${name} +(http\\S+)$`, "m").exec(this.said);
    assert(found?.[1], `no ${name} in ${this.said}`);
    return found[1];
  }

  /** The body of a function's answer, which must be 200. */
  async ask(path: string, id?: string, body?: string): Promise<string> {
    const response = await fetch(this.url("functions") + path, {
      method: body === undefined ? "GET" : "POST",
      headers: id === undefined ? {} : { id },
      body,
    });
    const text = await response.text();
    assert.equal(response.status, 200, text);
    return text;
  }

  get pid(): number {
    return this.#child.pid;
  }

  /** All of its stderr, once it has ended. */
  async stderr(): Promise<string> {
    return (await this.#rest)[1];
  }

  /** Ends it by a signal; gives its exit status. */
  async stop(signal: Deno.Signal = "SIGINT"): Promise<number> {
    try {
      this.#child.kill(signal);
    } catch { /* it has ended */ }
    const { code } = await this.#child.status;
    await this.#rest;
    return code;
  }
}
