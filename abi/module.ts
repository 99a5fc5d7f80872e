/** What a compiled module is, and whether everything it imports can be had: asked once per module, kept with it. */
import { type Import, resolveImport } from "./link.ts";

/** The ABI that a module's marker export names. Vendors' later markers count as 0.2.1. */
export type AbiVersion = "0.1.0" | "0.2.0" | "0.2.1";

/** What can be read off a module without running it. */
export interface ModuleInfo {
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
  /** Every import as `module.name`, in the module's order. */
  imports: string[];
  /** Function imports that are only stubs here: they answer "unimplemented" and say so once in the log. */
  unknownImports: string[];
  /** Exported functions, in the module's order. */
  functions: string[];
  /** Whether a host call it imports may suspend it: then every entry gives a promise. */
  suspends: boolean;
}

/** A module that cannot run because it imports what this host does not have. */
export class UnknownImportError extends Error {
  override name = "UnknownImportError";
  constructor(
    /** Each as `module.name (kind)`. */
    readonly imports: readonly string[],
  ) {
    super(
      `the module imports what this host does not provide: ${
        imports.join(", ")
      }; expected functions of proxy-wasm (module "env", proxy_*) or of WASI ` +
        `preview 1 (wasi_snapshot_preview1, wasi_unstable)`,
    );
  }
}

/** What is remembered of a module: its description, and its imports resolved for linking. */
export interface Inspected {
  info: ModuleInfo;
  /** Those that can be had, stubs included. */
  links: Import[];
  /** Those that cannot. */
  missing: string[];
}

const known = new WeakMap<WebAssembly.Module, Inspected>();

/** Describes a module. Does not throw on imports nobody provides: `PluginInstance.create` and `runCommand` do. */
export function inspectModule(module: WebAssembly.Module): ModuleInfo {
  return inspected(module).info;
}

/** Every import that nothing here provides, as `UnknownImportError` lists them; empty for a module that links. */
export function missingImports(module: WebAssembly.Module): string[] {
  return inspected(module).missing;
}

/** `inspectModule` with what linking needs. */
export function inspected(module: WebAssembly.Module): Inspected {
  let found = known.get(module);
  if (found === undefined) {
    found = inspect(module);
    known.set(module, found);
  }
  return found;
}

const MARKER = /^proxy_abi_version_(\d+)_(\w+)_(\w+)$/;

function inspect(module: WebAssembly.Module): Inspected {
  const functions = WebAssembly.Module.exports(module)
    .filter((entry) => entry.kind === "function")
    .map((entry) => entry.name);
  const abiVersion = versionOf(functions);
  const kind = abiVersion !== undefined
    ? "proxy-wasm"
    : functions.includes("_start")
    ? "command"
    : "library";
  const side = kind === "proxy-wasm" ? "plugin" : "command";
  const imports: string[] = [];
  const links: Import[] = [];
  const missing: string[] = [];
  for (const entry of WebAssembly.Module.imports(module)) {
    imports.push(`${entry.module}.${entry.name}`);
    const link = resolveImport(entry, side);
    if (link !== undefined) links.push(link);
    else missing.push(`${entry.module}.${entry.name} (${entry.kind})`);
  }
  const info: ModuleInfo = {
    kind,
    abiVersion,
    exportsGetId: functions.includes("proxy_get_id"),
    start: functions.includes("_initialize")
      ? "_initialize"
      : functions.includes("_start")
      ? "_start"
      : "none",
    imports,
    unknownImports: links.filter((link) => link.stub)
      .map((link) => `${link.module}.${link.name}`),
    functions,
    suspends: links.some((link) => link.suspends),
  };
  return { info, links, missing };
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
