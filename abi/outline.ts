/** What a module's exports alone say of it: enough to decide how it is run, without the host calls that linking needs. */

/** The ABI that a module's marker export names. Vendors' later markers count as 0.2.1. */
export type AbiVersion = "0.1.0" | "0.2.0" | "0.2.1";

/** What can be read off a module's exports. */
export interface ModuleOutline {
  /**
   * `proxy-wasm`: has an ABI marker, runs as a `PluginInstance`. `command`: has `_start`, runs with `runCommand`.
   * `library`: neither; `runCommand` can call one of its functions by name.
   */
  kind: "proxy-wasm" | "command" | "library";
  /** Of a proxy-wasm module. */
  abiVersion: AbiVersion | undefined;
  /** Whether it exports `proxy_get_id`: a Layotto function, which follows Layotto's request path (ABI.md §5.4). */
  exportsGetId: boolean;
  /** What is called after instantiation (ABI.md §2.3). */
  start: "_initialize" | "_start" | "none";
  /** Exported functions, in the module's order. */
  functions: string[];
}

const MARKER = /^proxy_abi_version_(\d+)_(\w+)_(\w+)$/;

/** Reads a compiled module's exports. */
export function outlineModule(module: WebAssembly.Module): ModuleOutline {
  const functions = WebAssembly.Module.exports(module)
    .filter((entry) => entry.kind === "function")
    .map((entry) => entry.name);
  const abiVersion = versionOf(functions);
  return {
    kind: abiVersion !== undefined
      ? "proxy-wasm"
      : functions.includes("_start")
      ? "command"
      : "library",
    abiVersion,
    exportsGetId: functions.includes("proxy_get_id"),
    start: functions.includes("_initialize")
      ? "_initialize"
      : functions.includes("_start")
      ? "_start"
      : "none",
    functions,
  };
}

/** The marker is never called: its presence says the version (ABI.md §2.1). */
function versionOf(functions: readonly string[]): AbiVersion | undefined {
  let version: AbiVersion | undefined;
  for (const name of functions) {
    const match = MARKER.exec(name);
    if (match === null) continue;
    const text = `${match[1]}.${match[2]}.${match[3]}`;
    const found = text === "0.1.0" || text === "0.2.0" ? text : "0.2.1";
    if (version === undefined || found > version) version = found;
  }
  return version;
}
