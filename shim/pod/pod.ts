/**
 * One pod: what its containers share. It lives from its first container to the removal of its last, whatever happens to
 * a host meanwhile; a new host takes a dead one's place in the same namespaces and cgroup.
 */
import type { HostExit } from "../cage/host_process.ts";
import { type Identity, identityOf, serves } from "../cage/identity.ts";
import { type Network, PodNamespaces } from "../cage/namespaces.ts";
import type { Resources, Spec } from "../bundle.ts";
import { settingsOf } from "../bundle.ts";
import { Cgroup } from "../cgroup/cgroup.ts";
import { type Figures, oomKills, readFigures } from "../cgroup/figures.ts";
import { applyLimits, combine } from "../cgroup/limits.ts";
import { isThere } from "../folder.ts";
import type { Log } from "../log.ts";
import { MS } from "../libc.ts";
import { makeMountPoint } from "../mounts.ts";
import { DATA, type PodPaths, RUN } from "../paths.ts";
import {
  guessAddress,
  type Key,
  type PodSpec,
  selfCommand,
} from "../../runtime/mod.ts";
import { cleanUpPod } from "./cleanup.ts";
import { Host } from "./host.ts";
import { nodeConfig } from "./node_config.ts";
import { writeRecord } from "./record.ts";

/** How a function's end is told to its task. */
export interface FunctionEnd {
  status: number;
  /** Milliseconds since the epoch. */
  at: number;
  reason: string;
  /** Whether the kernel ended its host for want of memory. */
  oom: boolean;
}

/** A function container, as its pod's host sees it. */
export interface FunctionTask {
  output(stream: 1 | 2, bytes: Uint8Array): void | Promise<void>;
  ended(end: FunctionEnd): void;
}

/** Exit status of a function whose host died: 128 + SIGKILL. */
const KILLED = 137;

export class Pod {
  readonly id: string;
  readonly paths: PodPaths;
  readonly #log: Log;
  readonly #namespaces: PodNamespaces;
  readonly #cgroup: Cgroup | undefined;
  readonly #annotations: Record<string, string>;
  readonly #oomScoreAdj: number;
  /** Where its function will probably listen. */
  readonly #address: string;
  readonly #functions = new Map<string, FunctionTask>();
  /** Ids of containers that are created or run, the sandbox's own among them. */
  readonly #live = new Set<string>();
  readonly #resources = new Map<string, Resources>();
  readonly #oomScores = new Map<string, number>();
  #identity: Identity;
  #host: Host | undefined;
  #lastPid = 0;
  #oomKillsBefore = 0n;
  #figures: Figures | undefined;
  #configPath = "";

  private constructor(
    id: string,
    paths: PodPaths,
    spec: Spec,
    namespaces: PodNamespaces,
    cgroup: Cgroup | undefined,
    log: Log,
  ) {
    this.id = id;
    this.paths = paths;
    this.#namespaces = namespaces;
    this.#cgroup = cgroup;
    this.#annotations = settingsOf(spec);
    this.#address = guessAddress(spec.process?.env ?? [], this.#annotations);
    this.#oomScoreAdj = spec.process?.oomScoreAdj ?? 0;
    this.#identity = identityOf(spec);
    this.#log = log;
  }

  /**
   * Makes a pod of its first container's spec: the sandbox's in CRI.
   * @throws {SystemError} when namespaces or mounts cannot be had; then nothing is left.
   */
  static async open(
    id: string,
    paths: PodPaths,
    spec: Spec,
    log: Log,
  ): Promise<Pod> {
    // What a daemon that died under this name left behind; mostly there is nothing.
    if (isThere(paths.root) || isThere(paths.data)) await cleanUpPod(paths);
    try {
      makeFolders(paths);
      const namespaces = PodNamespaces.make(
        paths.namespaces,
        networkOf(spec),
        spec.hostname ?? "",
      );
      const cgroup = makeCgroup(spec, log);
      writeRecord(paths, { host: 0, cgroups: [...cgroup?.made ?? []] });
      return new Pod(id, paths, spec, namespaces, cgroup, log);
    } catch (error) {
      await cleanUpPod(paths);
      throw error;
    }
  }

  /** The id a container of this pod reports as its process: the host's, the last host's, or the shim's own. */
  get pid(): number {
    return this.#host?.pid ?? (this.#lastPid || Deno.pid);
  }

  /** What the pod uses now, or used last. */
  get figures(): Figures {
    return this.#figures ?? readFigures(this.#cgroup);
  }

  /** The layout of the figures' cgroup. */
  get cgroupVersion(): 1 | 2 {
    return this.#cgroup?.version ?? 1;
  }

  /** A file to read instead of the node's configuration (`runtime_config_path`); the first one named counts. */
  useConfig(path: string): void {
    if (this.#configPath === "") this.#configPath = path;
  }

  /** Starts a host before a container asks for one, so that it boots while containerd still prepares. */
  warm(): void {
    if (this.#host === undefined) this.#spawn(this.#identity);
  }

  /**
   * The host for a function of that spec: the one that runs, or a new one. It was told of the pod before anything it is
   * told next; `opened` resolves when it knows it, and rejects with why it does not.
   * @throws when there is none to be had; the message says why.
   */
  async host(
    spec: Spec,
    container: string,
  ): Promise<{ host: Host; opened: Promise<void> }> {
    const wanted = identityOf(spec);
    // A host on its way out still holds the pod's ports.
    while (this.#host !== undefined && !this.#host.usable) {
      await this.#host.gone;
    }
    if (this.#host !== undefined && !serves(this.#host.identity, wanted)) {
      if (this.#functions.size === 0) {
        await this.#host.shutdown();
      } else {
        this.#log.warn("the pod's host runs as another user", {
          container,
          host: this.#host.identity.uid,
          wanted: wanted.uid,
        });
      }
    }
    if (this.#host === undefined) this.#spawn(wanted);
    const host = this.#host as Host;
    const opened = host.openPod(this.id, this.#podSpec());
    opened.catch(() => {}); // Whoever waits for it hears of it.
    return { host, opened };
  }

  /** Puts a function under the pod's roof, before the host is asked to create it. */
  add(container: string, spec: Spec, task: FunctionTask): void {
    this.#functions.set(container, task);
    this.#resources.set(container, spec.linux?.resources ?? {});
    this.#oomScores.set(container, spec.process?.oomScoreAdj ?? 0);
    this.#live.add(container);
    this.#adjust();
  }

  /** Replaces what a container may use. */
  update(container: string, resources: Resources): void {
    const before = this.#resources.get(container);
    this.#resources.set(container, {
      memory: { ...before?.memory, ...resources.memory },
      cpu: { ...before?.cpu, ...resources.cpu },
      pids: { ...before?.pids, ...resources.pids },
    });
    this.#adjust();
  }

  /** The sandbox's container runs. */
  hold(container: string): void {
    this.#live.add(container);
  }

  /** A container ended. When it was the last one the host goes, too: nothing can start in it without a new one. */
  release(container: string): void {
    this.#live.delete(container);
    this.#host?.watch(this.#liveFunctions());
    if (this.#live.size === 0) this.#host?.shutdown();
  }

  /** Forgets a container, whose limits count no more. */
  remove(container: string): void {
    this.release(container);
    this.#functions.delete(container);
    this.#resources.delete(container);
    this.#oomScores.delete(container);
    if (this.#functions.size > 0) this.#adjust();
  }

  /** The host, if one runs; for requests about containers it has. */
  get running(): Host | undefined {
    return this.#host?.usable ? this.#host : undefined;
  }

  /** Whether `container` is the only one that runs in the host. */
  isAlone(container: string): boolean {
    return [...this.#functions.keys()].every((id) =>
      id === container || !this.#live.has(id)
    );
  }

  /** Ends the host and takes everything away. */
  async close(): Promise<void> {
    await this.#host?.shutdown();
    this.#figures = readFigures(this.#cgroup);
    for (const problem of await cleanUpPod(this.paths)) {
      this.#log.warn("left behind", { pod: this.id, problem });
    }
  }

  #spawn(identity: Identity): void {
    const { data, root } = this.paths;
    Deno.chownSync(data, identity.uid, identity.gid);
    this.#identity = identity;
    this.#oomKillsBefore = oomKills(this.#cgroup);
    this.#host = new Host({
      namespaces: this.#namespaces,
      identity,
      cgroupProcs: this.#cgroup?.procs ?? [],
      oomScoreAdj: this.#oomScore(),
      shelves: [
        { shelf: RUN, own: this.paths.containers },
        { shelf: DATA, own: data },
      ],
      command: selfCommand(["host", this.#address]),
      onLine: (line) => this.#log.raw(line),
    }, {
      output: (key, stream, bytes) => this.#output(key, stream, bytes),
      exited: (key, status, at, reason) =>
        this.#ended(key.container, { status, at, reason, oom: false }),
      gone: (host, exit) => this.#gone(host, exit),
    });
    this.#lastPid = this.#host.pid;
    writeRecord(this.paths, {
      host: this.#lastPid,
      cgroups: [...this.#cgroup?.made ?? []],
    });
    this.#log.info("host started", {
      pod: this.id,
      pid: this.#lastPid,
      uid: identity.uid,
      folder: root,
    });
  }

  #output(key: Key, stream: 1 | 2, bytes: Uint8Array): void | Promise<void> {
    return this.#functions.get(key.container)?.output(stream, bytes);
  }

  #ended(container: string, end: FunctionEnd): void {
    if (!this.#live.has(container)) return;
    this.#functions.get(container)?.ended(end);
  }

  #gone(host: Host, exit: HostExit): void {
    if (this.#host === host) this.#host = undefined;
    const oom = oomKills(this.#cgroup) > this.#oomKillsBefore;
    const reason = oom ? `${exit.reason}: out of memory` : exit.reason;
    const orphans = [...this.#functions.keys()]
      .filter((container) => this.#live.has(container));
    const level = orphans.length > 0 ? "error" : "info";
    this.#log[level]("host ended", {
      pod: this.id,
      pid: host.pid,
      reason,
      containers: orphans.join(",") || undefined,
    });
    const at = Date.now();
    for (const container of orphans) {
      this.#ended(container, { status: KILLED, at, reason, oom });
    }
  }

  #podSpec(): PodSpec {
    return {
      data: this.paths.data,
      nodeConfig: nodeConfig(this.#configPath),
      annotations: this.#annotations,
    };
  }

  #adjust(): void {
    this.#host?.watch(this.#liveFunctions());
    this.#host?.setOomScore(this.#oomScore());
    if (this.#cgroup === undefined) return;
    const limits = combine([...this.#resources.values()]);
    for (const problem of applyLimits(this.#cgroup, limits)) {
      this.#log.warn("limit not applied", { pod: this.id, problem });
    }
  }

  #oomScore(): number {
    return this.#oomScores.size === 0
      ? this.#oomScoreAdj
      : Math.max(...this.#oomScores.values());
  }

  #liveFunctions(): boolean {
    return [...this.#functions.keys()].some((id) => this.#live.has(id));
  }
}

function makeFolders(paths: PodPaths): void {
  for (const folder of [RUN, paths.root, paths.containers]) {
    makeFolder(folder, 0o711);
  }
  makeFolder(paths.stage, 0o700);
  makeFolder(DATA, 0o711);
  makeFolder(paths.data, 0o700);
  makeMountPoint(paths.containers, MS.SHARED);
  makeMountPoint(paths.stage, MS.PRIVATE);
}

/** A folder of that mode, whatever the umask; one that exists already is taken as it is. */
function makeFolder(path: string, mode: number): void {
  try {
    Deno.mkdirSync(path, { recursive: true });
    Deno.chmodSync(path, mode);
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}

function makeCgroup(spec: Spec, log: Log): Cgroup | undefined {
  const path = spec.linux?.cgroupsPath ?? "";
  try {
    return Cgroup.make(path);
  } catch (error) {
    log.error("no cgroup", { path, error: (error as Error).message });
    return undefined;
  }
}

function networkOf(spec: Spec): Network {
  const wanted = spec.linux?.namespaces?.find(({ type }) => type === "network");
  if (wanted === undefined) return { kind: "host" };
  return wanted.path ? { kind: "path", path: wanted.path } : { kind: "fresh" };
}
