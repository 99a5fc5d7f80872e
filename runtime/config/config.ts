/** A configuration file as the host uses it, whichever shape it was written in. */
import { ConfigError } from "../settings/problems.ts";
import type { Layer } from "../settings/layers.ts";
import type { Ceiling } from "../settings/resolve.ts";
import type { CommandConfig } from "./command.ts";
import type { ChainConfig } from "./chain.ts";
import { JsonSyntaxError, parseJson } from "./json.ts";
import { readLayotto } from "./layotto.ts";
import { readNative } from "./native.ts";
import type { ClusterConfig } from "../upstream/cluster_config.ts";

/** The state stores there are. */
export const STATE_TYPES = ["in-memory", "redis", "sqlite"] as const;
export type StateType = typeof STATE_TYPES[number];

/** One state store component. `metadata` may hold secrets: never log it. */
export interface StoreConfig {
  type: StateType;
  /** Checked for unknown names; all values as text, as Layotto has them. */
  metadata: Readonly<Record<string, string>>;
  /** The store's path in its file, for errors. */
  place: string;
}

/** One function that the file asks for. */
export interface FunctionConfig {
  /** Its key in the file, unique there; what the function is called that does not say its id. */
  name: string;
  /** The module's path, absolute. */
  path: string;
  /** What the file says of this function's settings, the strongest of the file's layers. */
  settings: Layer;
  /** Layotto's `root_context_id`, 1 by default. */
  rootContextId: number;
  /** Layotto's shape only: what its plugin and VM configurations are made of (ABI.md §5.3). */
  layotto?: LayottoFields;
  /** The short shape only: what it gets if it is a command. */
  command?: CommandConfig;
  /** The function's path in the file, for errors. */
  place: string;
}

/** In Layotto's shape a plugin's configuration is the pairs of these, not a text. */
export interface LayottoFields {
  /** The text-valued keys of the function's object, `name` among them. */
  pluginFields: Readonly<Record<string, string>>;
  /** Fields of `vm_config`, as texts; absent ones are left out. */
  vmFields: Readonly<Record<string, string>>;
}

export interface HostConfig {
  shape: "layotto" | "native";
  functions: FunctionConfig[];
  /** All functions in front of one service, in this order; the short shape's. */
  chain?: ChainConfig;
  state: Readonly<Record<string, StoreConfig>>;
  /** Services that functions call by name. */
  clusters: Readonly<Record<string, ClusterConfig>>;
  /** What the file says under `settings`, or by its listeners and log level. */
  settings: Layer;
  /** The node's limits, where this is the node's file and has any. */
  ceiling?: Ceiling;
  /** Layotto's `app_id`, "" where there is none; prefixes keys of stores that ask for it. */
  appId: string;
  /** What was read and has no effect here though it might be missed: one log line each. */
  notices: string[];
}

export interface ParseOptions {
  /** The file as errors name it. */
  file: string;
  /** Folder of the file, absolute: paths of the native shape are relative to it. */
  folder: string;
  /** The current folder: paths of Layotto's shape are relative to it, as its quickstart has them. */
  cwd: string;
  /** Number of CPUs: how many instances Layotto's shape gives a function that says none. */
  cpus: number;
  /** Whether this is the node's file, the only one with a `ceiling`. */
  node?: boolean;
}

/**
 * Reads a configuration text. Layotto's shape is known by its `servers`.
 * @throws {ConfigError} with every problem: file, path in it, what was found, what was expected.
 */
export function parseConfig(text: string, options: ParseOptions): HostConfig {
  let root: unknown;
  try {
    root = parseJson(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new ConfigError([
      `${options.file}:${error.line}:${error.column}: ${error.message}`,
    ]);
  }
  const isLayotto = typeof root === "object" && root !== null &&
    Object.hasOwn(root, "servers");
  return isLayotto ? readLayotto(root, options) : readNative(root, options);
}
