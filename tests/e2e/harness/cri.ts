/** The container runtime interface as kubelet speaks it: gRPC over containerd's socket, pods and containers. */
import { Buffer } from "node:buffer";
import * as grpc from "@grpc/grpc-js";
import * as m from "../../../proto/gen/cri/runtime.ts";
import type { Containerd } from "./containerd.ts";
import { until } from "./poll.ts";

/** How a message is written and read: what `proto/gen` has for each. */
interface Codec<T> {
  encode(message: T): { finish(): Uint8Array };
  decode(bytes: Uint8Array): T;
}

/** Longest a call may take, milliseconds. */
const DEADLINE = 60_000;

export interface PodOptions {
  name?: string;
  /** The RuntimeClass's handler. */
  handler?: string;
  annotations?: Record<string, string>;
  labels?: Record<string, string>;
  hostNetwork?: boolean;
  attempt?: number;
}

export interface ContainerOptions {
  name?: string;
  image: string;
  command?: string[];
  args?: string[];
  env?: Record<string, string>;
  labels?: Record<string, string>;
  mounts?: { host: string; container: string; readOnly?: boolean }[];
  attempt?: number;
  memoryLimit?: number;
}

/** A pod that was run, with what later calls repeat about it. */
export interface Pod {
  id: string;
  config: m.PodSandboxConfig;
  /** Its address, "" on the machine's network. */
  address: string;
  logFolder: string;
}

export class Cri {
  readonly #containerd: Containerd;
  readonly #client: grpc.Client;

  constructor(containerd: Containerd) {
    this.#containerd = containerd;
    this.#client = new grpc.Client(
      `unix://${containerd.address}`,
      grpc.credentials.createInsecure(),
      // A restarted containerd is to be found again at once.
      { "grpc.initial_reconnect_backoff_ms": 100 },
    );
  }

  close(): void {
    this.#client.close();
  }

  /** RunPodSandbox, and the pod's address from its status. */
  async runPod(options: PodOptions = {}): Promise<Pod> {
    const name = options.name ?? `pod-${crypto.randomUUID().slice(0, 8)}`;
    const { token, folder } = this.#containerd;
    const logFolder = `${folder}/logs/${name}`;
    await Deno.mkdir(logFolder, { recursive: true });
    // 2 is NODE: the machine's own network.
    const network = options.hostNetwork ? 2 : 0;
    const config: m.PodSandboxConfig = {
      metadata: {
        name,
        uid: crypto.randomUUID(),
        namespace: "default",
        attempt: options.attempt ?? 0,
      },
      hostname: options.hostNetwork ? "" : name,
      logDirectory: logFolder,
      labels: options.labels,
      annotations: options.annotations,
      linux: {
        cgroupParent: `/t${token}`,
        securityContext: { namespaceOptions: { network } },
      },
    };
    const { podSandboxId = "" } = await this.#call(
      "RunPodSandbox",
      m.RunPodSandboxRequest,
      m.RunPodSandboxResponse,
      { config, runtimeHandler: options.handler ?? "layotto" },
    );
    const status = await this.podStatus(podSandboxId);
    const address = status.network?.ip ?? "";
    return { id: podSandboxId, config, address, logFolder };
  }

  async podStatus(id: string): Promise<m.PodSandboxStatus> {
    const { status } = await this.#call(
      "PodSandboxStatus",
      m.PodSandboxStatusRequest,
      m.PodSandboxStatusResponse,
      { podSandboxId: id },
    );
    if (!status) throw new Error(`pod ${id}: no status`);
    return status;
  }

  /** Whether the pod's sandbox is ready. */
  async isReady(pod: Pod): Promise<boolean> {
    const { state } = await this.podStatus(pod.id);
    return (state ?? m.PodSandboxState.SANDBOX_READY) ===
      m.PodSandboxState.SANDBOX_READY;
  }

  /** StopPodSandbox and RemovePodSandbox. */
  async removePod(pod: Pod): Promise<void> {
    await this.stopPod(pod);
    await this.#call(
      "RemovePodSandbox",
      m.RemovePodSandboxRequest,
      m.RemovePodSandboxResponse,
      { podSandboxId: pod.id },
    );
  }

  async stopPod(pod: Pod): Promise<void> {
    await this.#call(
      "StopPodSandbox",
      m.StopPodSandboxRequest,
      m.StopPodSandboxResponse,
      { podSandboxId: pod.id },
    );
  }

  /** CreateContainer. */
  async create(pod: Pod, options: ContainerOptions): Promise<string> {
    const { name = "fn", attempt = 0 } = options;
    const config: m.ContainerConfig = {
      metadata: { name, attempt },
      image: { image: options.image },
      command: options.command,
      args: options.args,
      envs: Object.entries(options.env ?? {})
        .map(([key, value]) => ({
          key,
          value: new TextEncoder().encode(value),
        })),
      labels: options.labels,
      logPath: `${name}/${attempt}.log`,
      mounts: options.mounts?.map((mount) => ({
        hostPath: mount.host,
        containerPath: mount.container,
        readonly: mount.readOnly ?? false,
      })),
      linux: {
        resources: options.memoryLimit === undefined
          ? undefined
          : { memoryLimitInBytes: BigInt(options.memoryLimit) },
      },
    };
    await Deno.mkdir(`${pod.logFolder}/${name}`, { recursive: true });
    const { containerId = "" } = await this.#call(
      "CreateContainer",
      m.CreateContainerRequest,
      m.CreateContainerResponse,
      { podSandboxId: pod.id, config, sandboxConfig: pod.config },
    );
    return containerId;
  }

  /** StartContainer. */
  async startContainer(id: string): Promise<void> {
    await this.#call(
      "StartContainer",
      m.StartContainerRequest,
      m.StartContainerResponse,
      { containerId: id },
    );
  }

  /** CreateContainer and StartContainer. */
  async start(pod: Pod, options: ContainerOptions): Promise<string> {
    const id = await this.create(pod, options);
    await this.startContainer(id);
    return id;
  }

  async status(id: string): Promise<m.ContainerStatus> {
    const { status } = await this.#call(
      "ContainerStatus",
      m.ContainerStatusRequest,
      m.ContainerStatusResponse,
      { containerId: id },
    );
    if (!status) throw new Error(`container ${id}: no status`);
    return status;
  }

  /** Waits until a container has ended; gives its status. */
  async untilExited(id: string): Promise<m.ContainerStatus> {
    return await until(`container ${id.slice(0, 8)} has ended`, async () => {
      const status = await this.status(id);
      if (status.state !== m.ContainerState.CONTAINER_EXITED) {
        throw new Error(`its state is ${status.state}`);
      }
      return status;
    });
  }

  /** @param grace seconds between TERM and KILL. */
  async stopContainer(id: string, grace: number): Promise<void> {
    await this.#call(
      "StopContainer",
      m.StopContainerRequest,
      m.StopContainerResponse,
      { containerId: id, timeout: BigInt(grace) },
    );
  }

  async removeContainer(id: string): Promise<void> {
    await this.#call(
      "RemoveContainer",
      m.RemoveContainerRequest,
      m.RemoveContainerResponse,
      { containerId: id },
    );
  }

  async stats(id: string): Promise<m.ContainerStats> {
    const { stats } = await this.#call(
      "ContainerStats",
      m.ContainerStatsRequest,
      m.ContainerStatsResponse,
      { containerId: id },
    );
    if (!stats) throw new Error(`container ${id}: no stats`);
    return stats;
  }

  async pods(): Promise<m.PodSandbox[]> {
    const { items = [] } = await this.#call(
      "ListPodSandbox",
      m.ListPodSandboxRequest,
      m.ListPodSandboxResponse,
      {},
    );
    return items;
  }

  /** Stops and removes every pod. */
  async removeAll(): Promise<void> {
    for (const { id = "" } of await this.pods()) {
      await this.removePod({ id, config: {}, address: "", logFolder: "" });
    }
  }

  /** Lines of a container's log file as kubelet would read them. */
  async log(pod: Pod, name = "fn", attempt = 0): Promise<LogLine[]> {
    const path = `${pod.logFolder}/${name}/${attempt}.log`;
    const text = await Deno.readTextFile(path).catch(() => "");
    return text.split("\n").filter((line) => line !== "").map(logLine);
  }

  #call<Q, A>(
    method: string,
    request: Codec<Q>,
    response: Codec<A>,
    message: Q,
  ): Promise<A> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `/runtime.v1.RuntimeService/${method}`,
        (value: Q) => Buffer.from(request.encode(value).finish()),
        (bytes: Uint8Array) => response.decode(bytes),
        message,
        new grpc.Metadata(),
        { deadline: Date.now() + DEADLINE },
        (error, answer) => {
          if (error) reject(new Error(`${method}: ${error.details}`));
          else resolve(answer as A);
        },
      );
    });
  }
}

/** A line of a CRI log: `2016-10-06T00:17:09.669794202Z stdout F text`. */
export interface LogLine {
  time: string;
  stream: string;
  /** `F` for a full line, `P` for a part of one. */
  tag: string;
  text: string;
}

function logLine(line: string): LogLine {
  const match = /^(\S+) (\S+) (\S+) (.*)$/.exec(line);
  if (!match) throw new Error(`not a CRI log line: ${JSON.stringify(line)}`);
  const [, time = "", stream = "", tag = "", text = ""] = match;
  return { time, stream, tag, text };
}
