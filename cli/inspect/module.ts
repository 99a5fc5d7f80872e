/** What can be read off a module without running it. */
import {
  inspectModule,
  missingImports,
  type ModuleInfo,
} from "../../abi/module.ts";
import { readModule } from "../read_module.ts";
import { columns } from "./columns.ts";
import { type MemoryType, readMemories } from "./memory.ts";

const KINDS: Record<ModuleInfo["kind"], string> = {
  "proxy-wasm": "proxy-wasm plugin",
  command: "command (WASI, runs from _start to its exit)",
  library: "library (neither an ABI marker nor _start)",
};

/**
 * The text that `inspect FILE` prints.
 * @throws {Error} naming the file: it cannot be read, or is no valid WebAssembly module.
 */
export async function describeModule(path: string): Promise<string> {
  const { bytes, module } = await readModule(path);
  const info = inspectModule(module);
  const missing = missingImports(module);
  const memories = readMemories(bytes);
  return columns([
    ["file", `${path}, ${bytes.length} bytes`],
    ["kind", KINDS[info.kind]],
    ["ABI", info.abiVersion ?? "none"],
    ["id", describeId(info)],
    ["start", info.start],
    ...list("memory", memories.map(describeMemory)),
    ...list("exports", info.functions),
    ...list("imports", info.imports.map((name) => mark(name, info, missing))),
    [
      "runs here",
      missing.length === 0 ? "yes" : "no: an import is provided by nobody",
    ],
  ]);
}

/** The id is what code writes when it is called, so only its source can be told. */
function describeId(info: ModuleInfo): string {
  return info.exportsGetId
    ? "what proxy_get_id says when the function starts"
    : "the setting id, else the container's name (it has no proxy_get_id)";
}

function mark(
  name: string,
  info: ModuleInfo,
  missing: readonly string[],
): string {
  if (missing.some((entry) => entry.startsWith(`${name} (`))) {
    return `${name}  UNKNOWN: nobody provides it, the module cannot start`;
  }
  return info.unknownImports.includes(name)
    ? `${name}  unknown: a stub that answers "unimplemented"`
    : name;
}

function describeMemory({ imported, min, max, pageSize }: MemoryType): string {
  const size = (pages: bigint) =>
    pageSize === 65536
      ? `${pages} ${pages === 1n ? "page" : "pages"} (${pages * 64n} KiB)`
      : `${pages} pages of ${pageSize} bytes`;
  const limit = max === undefined ? "no maximum" : `at most ${size(max)}`;
  return `${size(min)}, ${limit}${imported ? ", imported" : ""}`;
}

function list(name: string, lines: readonly string[]): string[][] {
  if (lines.length === 0) return [[name, "none"]];
  return lines.map((line, i) => [i === 0 ? name : "", line]);
}
