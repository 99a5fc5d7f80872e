/** The process of a host: spawned into its cage, its stderr read, its end seen. */
import { cagedCommand, type CommandLine, failedStep, PATH } from "./chain.ts";
import { selfEnv } from "../../runtime/mod.ts";
import type { Identity } from "./identity.ts";
import type { PodNamespaces } from "./namespaces.ts";
import { showOnly } from "./view.ts";

/** What a host's process is made of. */
export interface HostOptions {
  namespaces: PodNamespaces;
  identity: Identity;
  /** `cgroup.procs` files of the cgroups it belongs to. */
  cgroupProcs: readonly string[];
  /** −1000 (never) to 1000 (first): how willingly the kernel kills it when memory is short. */
  oomScoreAdj: number;
  /** Folders of all pods, and this pod's below each: the others are hidden. */
  shelves: readonly { shelf: string; own: string }[];
  /** The program and its arguments. */
  command: CommandLine;
  /** Takes each line the host writes to stderr. */
  onLine(line: string): void;
}

/** How a host ended. */
export interface HostExit {
  /** Exit status; 128 + the signal for one that was killed. */
  status: number;
  /** In words, for logs. */
  reason: string;
}

/** Longest line of a host's stderr that is kept whole: bytes. */
const MAX_LINE = 16 * 1024;

export class HostProcess {
  /** Id in the shim's own PID namespace. */
  readonly pid: number;
  readonly stdin: WritableStream<Uint8Array>;
  readonly stdout: ReadableStream<Uint8Array>;
  /** Resolves when the process is gone. */
  readonly ended: Promise<HostExit>;
  readonly #child: Deno.ChildProcess;
  #lastLine = "";

  private constructor(
    child: Deno.ChildProcess,
    onLine: (line: string) => void,
  ) {
    this.#child = child;
    this.pid = child.pid;
    this.stdin = child.stdin;
    this.stdout = child.stdout;
    const lines = readLines(child.stderr, (line) => {
      this.#lastLine = line;
      onLine(line);
    });
    this.ended = child.status.then(async ({ code, signal }) => {
      // Nothing else holds the pipe, so its end comes with the process's.
      await lines;
      return { status: code, reason: this.#reason(code, signal) };
    });
  }

  /**
   * Spawns a host. Synchronous: see `namespaces.ts`.
   * @throws {SystemError} when a namespace or mount cannot be had; nothing is left running.
   */
  static spawn(options: HostOptions): HostProcess {
    const { path, args } = cagedCommand(
      options.command,
      options.identity,
      options.cgroupProcs,
    );
    const command = new Deno.Command(path, {
      args,
      cwd: "/",
      clearEnv: true,
      env: hostEnvironment(),
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    });
    const child = options.namespaces.enter(() => {
      for (const { shelf, own } of options.shelves) showOnly(shelf, own);
      return command.spawn();
    });
    const host = new HostProcess(child, options.onLine);
    host.setOomScore(options.oomScoreAdj);
    return host;
  }

  /** Ends it at once; one that is gone is no matter. */
  kill(): void {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It is gone already, which is what was asked for.
    }
  }

  /** In words: how it ended, and what it said last where it ended by itself. */
  #reason(code: number, signal: Deno.Signal | null): string {
    if (signal !== null) return `signal ${signal}`;
    if (code === 0) return "exit status 0";
    const said = this.#lastLine.slice(0, 500);
    return [`exit status ${code}`, failedStep(code), said]
      .filter((part) => part !== "").join(": ");
  }

  /** Sets how willingly the kernel kills it. A host that just ended keeps none. */
  setOomScore(score: number): void {
    try {
      Deno.writeTextFileSync(`/proc/${this.pid}/oom_score_adj`, `${score}`);
    } catch {
      // Gone, or a containerd that may not lower it: the default serves.
    }
  }
}

/** A host's whole environment: the search path, what its program wants, and settings that are meant for it. */
function hostEnvironment(): Record<string, string> {
  const settings = Object.entries(Deno.env.toObject())
    .filter(([name]) => name.startsWith("LAYOTTO_"));
  return {
    PATH,
    NO_COLOR: "1",
    ...selfEnv(),
    ...Object.fromEntries(settings),
  };
}

async function readLines(
  stream: ReadableStream<Uint8Array>,
  onLine: (line: string) => void,
): Promise<void> {
  const decoder = new TextDecoder();
  let held = "";
  try {
    for await (const chunk of stream) {
      const parts = (held + decoder.decode(chunk, { stream: true })).split(
        "\n",
      );
      held = parts.pop() ?? "";
      for (const line of parts) if (line !== "") onLine(line);
      if (held.length > MAX_LINE) {
        onLine(held);
        held = "";
      }
    }
  } catch {
    // The pipe broke with its process; what was read is passed on below.
  }
  if (held !== "") onLine(held);
}
