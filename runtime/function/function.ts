/** A function as the host knows it: one container of a pod, or one entry of a configuration file. */
import type { FunctionSpec } from "../isolate/messages.ts";
import type { IsolateGroup } from "../isolate/group.ts";
import type { Key } from "../control/messages.ts";
import type { ClusterConfig } from "../upstream/cluster_config.ts";

export interface HostFunction {
  /** Unique in the host. */
  readonly fn: number;
  readonly key: Key;
  /** Container name or plugin name. */
  readonly name: string;
  /** What requests name it by; known once it is loaded. */
  id: string;
  /** Where its module came from, for people. */
  readonly path: string;
  readonly spec: FunctionSpec;
  /** Folders of the host that its preopens stand for, by the same index. */
  readonly roots: readonly string[];
  /** What it may reach besides the configuration's clusters. */
  readonly ownClusters: Readonly<Record<string, ClusterConfig>>;
  /** Where it runs. */
  isolate: IsolateGroup;
  state: "loading" | "created" | "running" | "stopped";
}

/** Signals whose default is to do nothing, or to stop and go on: CHLD CONT STOP TSTP TTIN TTOU URG WINCH. */
const HARMLESS = new Set([0, 17, 18, 19, 20, 21, 22, 23, 28]);

/** The exit status a signal gives a process that does not handle it; undefined when it would live on. */
export function statusOfSignal(signal: number): number | undefined {
  return HARMLESS.has(signal) ? undefined : 128 + signal;
}
