/** Tasks on a containerd of our own: the hello function with our runtime, the C server with runc. */
import { Containerd, SHIM } from "../../tests/e2e/harness/containerd.ts";
import { Ctr, RUNTIME } from "../../tests/e2e/harness/ctr.ts";
import { functionImage } from "../../tests/e2e/harness/image.ts";
import { ask, askUntilAnswered, freePort, mustBe } from "./ask.ts";
import { example } from "./paths.ts";

const HELLO = "localhost/hello:latest";
const SERVER = "localhost/server:latest";

export type Kind = "ours" | "runc";

export class Pods {
  #running: string[] = [];
  #count = 0;

  private constructor(readonly containerd: Containerd, readonly ctr: Ctr) {}

  /** @param server the static C server's path. */
  static async open(server: string): Promise<Pods> {
    const containerd = await Containerd.open();
    try {
      // Extracted once per version and machine, and this box is a new machine.
      await containerd.box.run([SHIM, "-v"]);
      const ctr = new Ctr(containerd);
      const module = await Deno.readFile(example("hello"));
      await ctr.import(functionImage(HELLO, module));
      const file = await Deno.readFile(server);
      await ctr.import({
        reference: SERVER,
        layers: [{ "server": { file, mode: 0o755 } }],
        command: ["/server"],
      });
      return new Pods(containerd, ctr);
    } catch (error) {
      await containerd.close();
      throw error;
    }
  }

  /** Runs `count` at once. @returns milliseconds until each has given the right answer. */
  async run(kind: Kind, count = 1): Promise<number> {
    const tasks = Array.from({ length: count }, () => ({
      id: `${kind}-${++this.#count}`,
      port: freePort(),
    }));
    const began = performance.now();
    const commands = tasks.map(({ id, port }) =>
      this.ctr.do(...commandOf(kind, id, port))
    );
    this.#running.push(...tasks.map(({ id }) => id));
    const failed = failure(commands);
    failed.catch(() => {}); // Also when it is the last answer that is missing.
    try {
      await this.#answers(tasks, failed);
      const milliseconds = performance.now() - began;
      await Promise.all(commands);
      for (const { port } of tasks) await ask(port);
      return milliseconds;
    } catch (error) {
      const log = (await this.containerd.log()).split("\n").slice(-40);
      throw new Error(
        `${(error as Error).message}\ncontainerd's log ends:\n${
          log.join("\n")
        }`,
      );
    }
  }

  /** Resolves when each task has answered. @throws what `failed` rejects with, or a wrong answer. */
  async #answers(
    tasks: readonly { id: string; port: number }[],
    failed: Promise<never>,
  ): Promise<void> {
    // One after the other: the last answer decides, and asking all of them all the time would cost what is measured.
    for (const { id, port } of tasks) {
      const { body } = await Promise.race([
        askUntilAnswered(port, tasks.length === 1 ? 1 : 5),
        failed,
      ]);
      mustBe(`answer of ${id}`, body, "hello");
    }
  }

  /** Removes all that run. */
  async clear(): Promise<void> {
    const ids = this.#running;
    this.#running = [];
    await Promise.all(ids.map((id) => this.ctr.remove(id)));
  }

  async close(): Promise<void> {
    await this.containerd.close();
  }
}

function commandOf(kind: Kind, id: string, port: number): string[] {
  const how = ["run", "--detach", "--net-host"];
  if (kind === "runc") {
    const runtime = ["--runtime", "io.containerd.runc.v2"];
    return [...how, ...runtime, SERVER, id, "/server", `${port}`];
  }
  const env = { HTTP_PORT: port, ADMIN_PORT: 0, ACTUATOR_PORT: 0 };
  const flags = Object.entries(env)
    .flatMap(([name, value]) => ["--env", `LAYOTTO_${name}=${value}`]);
  return [...how, "--runtime", RUNTIME, ...flags, HELLO, id];
}

/** Rejects with the first that fails; never resolves. */
function failure(work: Promise<unknown>[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const one of work) one.catch(reject);
  });
}
