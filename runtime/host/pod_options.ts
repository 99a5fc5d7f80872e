/** What a pod is made of and what it tells: its options, its sink, the functions it is given. */
import type { Level, Logger } from "../log.ts";
import type { StateStores } from "../components/state/stores.ts";
import type { Key } from "../control/messages.ts";
import type { HostFunction } from "../function/function.ts";
import type { FunctionSpec } from "../isolate/messages.ts";
import type { Spares } from "../isolate/place.ts";
import type { HostSettings } from "../settings/table.ts";
import type { ClusterConfig } from "../upstream/cluster_config.ts";

/** Where a pod's output goes. */
export interface Sink {
  /** Resolves once the bytes were taken; with WASI's errno, if the sink knows that nothing is taken any more. */
  output(
    key: Key,
    stream: 1 | 2,
    bytes: Uint8Array,
  ): Promise<number | undefined | void>;
  /** A line of ours; dropped where the sink is behind. */
  line(key: Key, bytes: Uint8Array): void;
  /** Resolves when all that was given so far is written. */
  flushed?(): Promise<void>;
  /** So many bytes of a function's input were read by its guest. */
  inputTaken?(key: Key, bytes: number): void;
}

/** A function to add: already read, checked and compiled. */
export interface NewFunction {
  key: Key;
  name: string;
  path: string;
  module: WebAssembly.Module;
  spec: FunctionSpec;
  roots: string[];
  /** What it may reach besides the pod's clusters. */
  ownClusters: Readonly<Record<string, ClusterConfig>>;
}

export interface PodOptions {
  name: string;
  settings: HostSettings;
  stores: StateStores;
  /** Services that functions call by name. */
  clusters: Readonly<Record<string, ClusterConfig>>;
  sink: Sink;
  log: Logger;
  /** Isolates made ahead of their functions. */
  spares?: Spares;
  /** Several functions are expected from the start, so that the main isolate listens. */
  several: boolean;
  /** All functions share these isolates, and are reached by the listeners that `serve` opens, at these addresses. */
  together?: { isolates: number; addresses: readonly string[] };
  /** How a plugin's log line is written; logfmt unless given. `stream`: it speaks of an exchange and not of the plugin. */
  pluginLine?(
    fn: HostFunction,
    level: Level,
    message: string,
    stream: boolean,
  ): string;
  /** A function's process ended: a command by itself, any by a signal or with its isolate. */
  exited(fn: HostFunction, status: number, reason: string): void;
  /** A guest loops without end; only the end of this process stops it. */
  wedged(fn: HostFunction): void;
}
