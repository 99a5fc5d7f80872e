/** What a compiled module is, and whether everything it imports can be had: asked once per module, kept with it. */
import { type Import, resolveImport } from "./link.ts";
import { type ModuleOutline, outlineModule } from "./outline.ts";

/** What can be read off a module without running it. */
export interface ModuleInfo extends ModuleOutline {
  /** Every import as `module.name`, in the module's order. */
  imports: string[];
  /** Function imports that are only stubs here: they answer "unimplemented" and say so once in the log. */
  unknownImports: string[];
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

function inspect(module: WebAssembly.Module): Inspected {
  const outline = outlineModule(module);
  const side = outline.kind === "proxy-wasm" ? "plugin" : "command";
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
    ...outline,
    imports,
    unknownImports: links.filter((link) => link.stub)
      .map((link) => `${link.module}.${link.name}`),
    suspends: links.some((link) => link.suspends),
  };
  return { info, links, missing };
}
