/**
 * A box: mount and PID namespaces of our own with an empty `/run`, in which a test file starts containerd, its shims
 * and their hosts. So nothing collides with what else runs on the machine, "what is left over" is an exact question,
 * and when the test process ends, however it ends, the kernel ends everything in the box.
 *
 * The network namespace, the file system and the cgroup tree are the machine's. Process ids that containerd names
 * are ids inside the box.
 */

/**
 * Process 1 of the box: a shell that reads its standard input until it ends. It reaps orphans as an init does.
 * `/sys/fs/cgroup` stays the machine's; sockets, locks and network namespaces (`/run`), the shim's own folder and
 * CNI's are empty at first and go with the box.
 */
const INIT = `
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/lock /var/lib/layotto /var/lib/cni
mount -t tmpfs -o mode=755 tmpfs /var/lib/layotto
mount -t tmpfs -o mode=755 tmpfs /var/lib/cni
if [ "$1" = shared ]; then mount --make-rshared /; fi
echo ready
while read -r line; do :; done
`;

/** What a command in the box answered. */
export interface Output {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env?: Record<string, string>;
  stdin?: string;
  /** Deadline, milliseconds; past it the command is killed and the call fails with what it had printed. */
  timeout?: number;
}

export class Box {
  readonly #child: Deno.ChildProcess;
  readonly #init: number;

  private constructor(child: Deno.ChildProcess, init: number) {
    this.#child = child;
    this.#init = init;
  }

  /**
   * @param propagation how mounts spread inside the box: `shared` as on a machine with systemd, `private` as without.
   * @throws {Error} where namespaces may not be made.
   */
  static async open(
    propagation: "shared" | "private" = "shared",
  ): Promise<Box> {
    const child = new Deno.Command("unshare", {
      args: [
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--mount-proc",
        "bash",
        "-c",
        INIT,
        "init",
        propagation,
      ],
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = child.stdout.getReader();
    const first = await reader.read();
    await reader.cancel();
    if (first.done) throw new Error("a box could not be made: see unshare(1)");
    const children = await Deno.readTextFile(
      `/proc/${child.pid}/task/${child.pid}/children`,
    );
    return new Box(child, Number(children.trim()));
  }

  /** Where `path` of the box is found from outside. Only `/run` and `/proc` differ between the two. */
  path(path: string): string {
    return `/proc/${this.#init}/root${path}`;
  }

  /** The command line that runs `command` in the box. */
  enter(command: string[]): [string, string[]] {
    return ["nsenter", ["-t", `${this.#init}`, "-m", "-p", "--", ...command]];
  }

  /** Runs a command in the box to its end. */
  async run(command: string[], options: RunOptions = {}): Promise<Output> {
    const [path, args] = this.enter(command);
    return await run([path, ...args], options);
  }

  /** Starts a command in the box; the caller awaits or kills it. */
  spawn(command: string[], options: Deno.CommandOptions): Deno.ChildProcess {
    const [path, args] = this.enter(command);
    return new Deno.Command(path, { ...options, args }).spawn();
  }

  /** Sends a signal to a process by its id inside the box. */
  async kill(pid: number, signal: "TERM" | "KILL" | "STOP" | "CONT") {
    const { code, stderr } = await this.run([
      "/bin/kill",
      "-s",
      signal,
      `${pid}`,
    ]);
    if (code !== 0) throw new Error(`kill -s ${signal} ${pid}: ${stderr}`);
  }

  /**
   * Runs a command of the machine in the network namespace of a process of the box.
   * @param pid the process's id inside the box.
   */
  async runInNetworkOf(pid: number, command: string[]): Promise<Output> {
    const namespace = this.path(`/proc/${pid}/ns/net`);
    return await run(["nsenter", `--net=${namespace}`, "--", ...command]);
  }

  /** Ends every process of the box and drops its mounts. */
  async close(): Promise<void> {
    await this.#child.stdin.close();
    await this.#child.status;
  }
}

/**
 * Runs a command to its end.
 * @throws {Error} when it outlives its deadline.
 */
export async function run(
  [path, ...args]: [string, ...string[]],
  { env, stdin, timeout = 60_000 }: RunOptions = {},
): Promise<Output> {
  const child = new Deno.Command(path, {
    args,
    env,
    stdin: stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (stdin !== undefined) {
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(stdin));
    await writer.close();
  }
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    killTree(child);
  }, timeout);
  const output = await child.output();
  clearTimeout(timer);
  const result = {
    code: output.code,
    stdout: new TextDecoder().decode(output.stdout),
    stderr: new TextDecoder().decode(output.stderr),
  };
  if (late) {
    throw new Error(
      `${[path, ...args].join(" ")}: no end within ${timeout / 1000} s\n` +
        `stdout: ${result.stdout}\nstderr: ${result.stderr}`,
    );
  }
  return result;
}

/**
 * Kills a command and what it has started directly: killing `nsenter` alone would leave the command it entered with.
 */
export function killTree(child: Deno.ChildProcess): void {
  const { pid } = child;
  const children = readProcSync(`/proc/${pid}/task/${pid}/children`);
  for (const inner of children.split(" ").filter((text) => text !== "")) {
    killQuietly(Number(inner));
  }
  killQuietly(pid);
}

function killQuietly(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself meanwhile.
  }
}

function readProcSync(path: string): string {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return "";
  }
}

/** A file of /proc, or "" where the process has gone meanwhile. */
export async function readProc(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch {
    return "";
  }
}
