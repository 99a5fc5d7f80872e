/**
 * Every setting there is. From this one table come their types, the checks, `--help` and docs/settings.md.
 *
 * Each can be said as a flag (`--http-port 80`), in the environment (`LAYOTTO_HTTP_PORT=80`), as an annotation of the pod
 * (`layotto.mosn.io/http-port: "80"`) and under `settings` in a configuration file; `layers.ts` has the order.
 */
import type { Level } from "../log.ts";

/** What values look like; `value.ts` reads them. Sizes are bytes, durations milliseconds. */
export type SettingType =
  | "text"
  | "integer"
  | "port"
  | "address"
  | "path"
  | "bytes"
  | "duration"
  | "level"
  | "upstream"
  | "authorities"
  | "choice";

/** Whom a setting is for: the host as a whole, each function, or (`both`) the host and, where said, one function. */
export type Scope = "host" | "function" | "both";

export interface Setting {
  readonly name: string;
  readonly type: SettingType;
  readonly scope: Scope;
  readonly default: string | number;
  /** Least and greatest value of a number, or greatest length of a text in characters. */
  readonly min?: number;
  readonly max?: number;
  /** What a choice is made of. */
  readonly choices?: readonly string[];
  /** Whether the node's `ceiling` may cap it. */
  readonly ceiling?: true;
  /** Least value a ceiling may have, where `min` has a meaning of its own. */
  readonly leastCeiling?: number;
  /** The one-letter flag. */
  readonly short?: string;
  readonly doc: string;
}

const KiB = 1024;
const MiB = 1024 * KiB;

export const SETTINGS = [
  {
    name: "http-address",
    type: "address",
    scope: "host",
    default: "0.0.0.0",
    doc: "Where functions are served over HTTP.",
  },
  {
    name: "http-port",
    type: "port",
    scope: "host",
    default: 2045,
    doc: "Port of the functions. 0 takes any that is free.",
  },
  {
    name: "admin-address",
    type: "address",
    scope: "host",
    default: "127.0.0.1",
    doc:
      "Where functions are installed, updated and uninstalled. Whoever reaches it can run code: it stays on loopback even where a file of Layotto's shape binds its `wasm_filter` listener to every address.",
  },
  {
    name: "admin-port",
    type: "port",
    scope: "host",
    default: 34998,
    doc: "Port of `/wasm/install`, `/wasm/update` and `/wasm/uninstall`.",
  },
  {
    name: "actuator-address",
    type: "address",
    scope: "host",
    default: "0.0.0.0",
    doc:
      "Where health, info and metrics are served. Kubernetes probes come from outside the pod, hence every address.",
  },
  {
    name: "actuator-port",
    type: "port",
    scope: "host",
    default: 34999,
    doc: "Port of `/actuator/health/…`, `/actuator/info` and `/metrics`.",
  },
  {
    name: "api-port",
    type: "port",
    scope: "host",
    default: 34904,
    doc:
      "Port of the gRPC runtime API, on loopback. Kept for it: nothing listens there yet.",
  },
  {
    name: "data",
    type: "path",
    scope: "host",
    default: "",
    max: 4096,
    doc:
      "Folder of the embedded store. Unset, it is the pod's own folder, or `.layotto` in the current folder where there is no pod.",
  },
  {
    name: "config",
    type: "path",
    scope: "host",
    default: "",
    max: 4096,
    short: "c",
    doc:
      "Configuration file, in Layotto's own shape, the short one or (`layotto start`) Envoy's. In a pod it is `/etc/layotto/config.json`.",
  },
  {
    name: "log-level",
    type: "level",
    scope: "both",
    default: "info",
    doc:
      "Least level of the lines in the log, of our own and of functions: `trace`, `debug`, `info`, `warn`, `error` or `critical`.",
  },
  {
    name: "id",
    type: "text",
    scope: "function",
    default: "",
    max: 253,
    doc:
      "The function's id, for a module that does not say its own (export `proxy_get_id`). Unset, it is the container's name.",
  },
  {
    name: "isolates",
    type: "integer",
    scope: "function",
    default: 1,
    min: 1,
    max: 64,
    ceiling: true,
    doc:
      "Isolates of the function, so that it can use as many cores. Each has instances of its own; what functions share (data, queues, metrics) is common to all.",
  },
  {
    name: "instances",
    type: "integer",
    scope: "function",
    default: 0,
    min: 0,
    max: 100_000,
    ceiling: true,
    leastCeiling: 1,
    doc:
      "Instances of the function, each with memory of its own: so many requests can be inside it at once. 0 has one stand ready and makes more while those there are wait in a host call.",
  },
  {
    name: "request-timeout",
    type: "duration",
    scope: "function",
    default: 30_000,
    min: 1,
    max: 86_400_000,
    ceiling: true,
    doc: "How long a request may take before it is answered with 504.",
  },
  {
    name: "body-limit",
    type: "bytes",
    scope: "function",
    default: 16 * MiB,
    min: 0,
    max: 1024 * MiB,
    ceiling: true,
    doc: "Greatest request body; a longer one is answered with 413.",
  },
  {
    name: "callbacks",
    type: "choice",
    choices: ["auto", "layotto", "envoy"],
    scope: "function",
    default: "auto",
    doc:
      "Whose sequence of callbacks a request follows. `layotto`: query string as body, actions ignored, no response callbacks; `envoy`: a stream that pauses and goes on, with response callbacks. `auto` is `layotto` for a module that exports `proxy_get_id` and has no `upstream`, else `envoy`.",
  },
  {
    name: "root-id",
    type: "text",
    scope: "function",
    default: "",
    max: 1024,
    doc:
      "The plugin's root id (`plugin_root_id`): which of the module's registered roots runs. Most modules register the empty one.",
  },
  {
    name: "vm-id",
    type: "text",
    scope: "function",
    default: "",
    max: 1024,
    doc:
      "Functions of one VM id share data, queues and metrics (`plugin_vm_id`). Unset, it is the function's name, so that nothing is shared unasked.",
  },
  {
    name: "plugin-configuration",
    type: "text",
    scope: "function",
    default: "",
    max: MiB,
    doc:
      "What the plugin reads when it is configured (`proxy_on_configure`). An object or list in a file is handed over as JSON.",
  },
  {
    name: "vm-configuration",
    type: "text",
    scope: "function",
    default: "",
    max: MiB,
    doc:
      "What the module reads when it starts (`proxy_on_vm_start`). An object or list in a file is handed over as JSON.",
  },
  {
    name: "upstream",
    type: "upstream",
    scope: "function",
    default: "",
    max: 512,
    doc:
      "The service that the function is a filter in front of: `http://host:port`, `tcp://host:port`, or the name of a cluster of the configuration. Unset, the function answers by itself.",
  },
  {
    name: "calls",
    type: "authorities",
    scope: "function",
    default: "",
    max: 4096,
    doc:
      "Services that the function may call besides the configuration's clusters, named in its code as they stand here: `api.example:8080, https://api.example`.",
  },
] as const satisfies readonly Setting[];

type Entry = typeof SETTINGS[number];

/** Every setting's name. */
export type SettingName = Entry["name"];

/** The value a setting has once it is read. */
export type SettingValue<N extends SettingName = SettingName> = TypeOf<
  Extract<Entry, { name: N }>["type"]
>;

type TypeOf<T extends SettingType> = T extends "level" ? Level
  : T extends
    "text" | "address" | "path" | "upstream" | "authorities" | "choice" ? string
  : number;

/** The settings of the host as a whole, by name. */
export type HostSettings = {
  readonly [
    E in Entry as E["scope"] extends "host" | "both" ? E["name"] : never
  ]: TypeOf<E["type"]>;
};

/** The settings of one function, by name. */
export type FunctionSettings = {
  readonly [
    E in Entry as E["scope"] extends "function" | "both" ? E["name"]
      : never
  ]: TypeOf<E["type"]>;
};

/** Settings by name, as the general shape. */
export const SETTINGS_BY_NAME: ReadonlyMap<string, Setting> = new Map(
  SETTINGS.map((setting) => [setting.name, setting]),
);

/** Whether a setting is for this scope: what is for both is for either. */
export function inScope(
  setting: Setting,
  scope: "host" | "function",
): boolean {
  return setting.scope === scope || setting.scope === "both";
}
