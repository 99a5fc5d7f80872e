/** `ctr` against one containerd and one of its namespaces, with what tests do most: import, run, list, remove. */
import assert from "node:assert/strict";
import { killTree, type Output, type RunOptions } from "./box.ts";
import type { Containerd } from "./containerd.ts";
import { type ImageOptions, imageTar } from "./image.ts";
import { until } from "./poll.ts";

/** What `ctr run` is told to use. */
export const RUNTIME = "io.containerd.layotto.v2";

/** A line of `ctr task ls`. `pid` is an id inside the box. */
export interface Task {
  id: string;
  pid: number;
  status: string;
}

export class Ctr {
  /** The containerd namespace; ctr puts a container's cgroup below a parent of this name, so it carries the token. */
  readonly namespace: string;

  constructor(readonly containerd: Containerd, namespace?: string) {
    this.namespace = namespace ?? `t${containerd.token}`;
  }

  /** The arguments before a `ctr` command. */
  command(...args: string[]): string[] {
    const { address } = this.containerd;
    return ["ctr", "-a", address, "-n", this.namespace, ...args];
  }

  /** Runs any `ctr` command, whatever its exit code. */
  async try(args: string[], options: RunOptions = {}): Promise<Output> {
    return await this.containerd.box.run(this.command(...args), options);
  }

  /** Runs a `ctr` command that must succeed; gives what it printed. */
  async do(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(args);
    assert.equal(code, 0, `ctr ${args.join(" ")}: ${stderr}${stdout}`);
    return stdout;
  }

  /** Packs an image and imports it. */
  async import(image: ImageOptions): Promise<string> {
    const file = await Deno.makeTempFile({ dir: this.containerd.folder });
    await Deno.writeFile(file, await imageTar(image));
    await this.do("image", "import", file);
    await Deno.remove(file);
    return image.reference;
  }

  /** `ctr run --rm` with our runtime: flags, image, id and, if given, the command instead of the image's. */
  async run(
    image: string,
    id: string,
    { flags = [], args = [], ...options }:
      & { flags?: string[]; args?: string[] }
      & RunOptions = {},
  ): Promise<Output> {
    const how = ["run", "--rm", "--runtime", RUNTIME, ...flags];
    return await this.try([...how, image, id, ...args], options);
  }

  /** `ctr run -d` with our runtime; must succeed. */
  async start(
    image: string,
    id: string,
    { flags = [], args = [] }: { flags?: string[]; args?: string[] } = {},
  ): Promise<Task> {
    await this.do(
      "run",
      "-d",
      "--runtime",
      RUNTIME,
      ...flags,
      image,
      id,
      ...args,
    );
    return await this.task(id);
  }

  async tasks(): Promise<Task[]> {
    const [, ...lines] = (await this.do("task", "ls")).trim().split("\n");
    return lines.map((line) => {
      const [id = "", pid = "", status = ""] = line.split(/\s+/);
      return { id, pid: Number(pid), status };
    });
  }

  /** One task; fails when it is not listed. */
  async task(id: string): Promise<Task> {
    const tasks = await this.tasks();
    const found = tasks.find((task) => task.id === id);
    assert(found, `task ${id} is not listed: ${JSON.stringify(tasks)}`);
    return found;
  }

  async untilStatus(id: string, status: string): Promise<Task> {
    return await until(`task ${id} is ${status}`, async () => {
      const task = await this.task(id);
      if (task.status !== status) throw new Error(`it is ${task.status}`);
      return task;
    });
  }

  /** Ends and removes a task and its container, whatever state they are in. */
  async remove(id: string): Promise<void> {
    await this.try(["task", "rm", "-f", id]);
    await this.do("container", "rm", id);
  }
}

/** Follows `ctr events` from the moment it is connected. */
export class Events {
  readonly #child: Deno.ChildProcess;
  readonly lines: string[] = [];

  constructor(ctr: Ctr) {
    this.#child = ctr.containerd.box.spawn(ctr.command("events"), {
      stdin: "null",
      stdout: "piped",
      stderr: "inherit",
    });
    this.#read();
  }

  /** Events of the tasks topic about one container, in order: topic and its JSON. */
  of(id: string): { topic: string; event: Record<string, unknown> }[] {
    return this.lines.flatMap((line) => {
      const match = /(\/tasks\/\S+) (\{.*\})$/.exec(line);
      if (!match) return [];
      const event = JSON.parse(match[2] ?? "{}");
      return event.container_id === id
        ? [{ topic: match[1] ?? "", event }]
        : [];
    });
  }

  async close(): Promise<void> {
    killTree(this.#child);
    await this.#child.status;
  }

  async #read(): Promise<void> {
    const text = this.#child.stdout.pipeThrough(new TextDecoderStream());
    let rest = "";
    for await (const chunk of text) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      this.lines.push(...lines);
    }
  }
}
