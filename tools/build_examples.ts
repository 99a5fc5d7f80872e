/**
 * Compiles every example to `examples/<name>/build/<name>.wasm`: AssemblyScript (`function.as.ts`) with `asc`, text
 * (`function.wat`) with wabt. What is newer than its sources is left as it is.
 */
import { join } from "node:path";

const examples = join(import.meta.dirname!, "../examples");

/** Sources that all AssemblyScript examples share, and this file, which has their flags. */
const shared = [join(examples, "layotto.as.ts"), import.meta.filename!];

const ASC_FLAGS = [
  "--runtime",
  "incremental",
  "--exportStart",
  "_initialize",
  // Without a function for it a failed assertion traps where it is, and the host's log has the stack.
  "--use",
  "abort=",
  "-O3",
];

if (import.meta.main) await buildExamples();

/** Builds what is missing or older than its sources. @throws when a compiler refuses, with what it said. */
export async function buildExamples(): Promise<void> {
  for await (const entry of Deno.readDir(examples)) {
    if (entry.isDirectory) await buildExample(entry.name);
  }
}

async function buildExample(name: string): Promise<void> {
  const folder = join(examples, name);
  const output = join(folder, "build", `${name}.wasm`);
  for (
    const [file, build] of [
      ["function.as.ts", compileAssemblyScript],
      ["function.wat", compileText],
    ] as const
  ) {
    const source = join(folder, file);
    const sources = [source, ...shared];
    if (!await exists(source) || await isNewer(output, sources)) continue;
    await Deno.mkdir(join(folder, "build"), { recursive: true });
    // A test or a host that reads meanwhile gets the old module or the new one, never half of one.
    const fresh = `${output}.${Deno.pid}`;
    await build(source, fresh);
    await Deno.rename(fresh, output);
    console.log(`built ${output.slice(join(examples, "..").length + 1)}`);
  }
}

async function compileAssemblyScript(
  source: string,
  output: string,
): Promise<void> {
  const asc = await import("assemblyscript/asc");
  // asc knows no absolute paths: it reads and writes by names relative to its base folder.
  const base = join(examples, "..");
  const relative = (path: string) => path.slice(base.length + 1);
  const { error, stderr } = await asc.main([
    relative(source),
    "--baseDir",
    base,
    "--outFile",
    relative(output),
    ...ASC_FLAGS,
  ]);
  if (error) throw new Error(`${source}: ${error.message}\n${stderr}`);
}

async function compileText(source: string, output: string): Promise<void> {
  const { default: loadWabt } = await import("wabt");
  const wabt = await loadWabt();
  const module = wabt.parseWat(source, await Deno.readTextFile(source));
  try {
    module.validate();
    await Deno.writeFile(output, module.toBinary({}).buffer);
  } finally {
    module.destroy();
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

async function isNewer(output: string, sources: string[]): Promise<boolean> {
  const built = await modified(output);
  for (const source of sources) {
    if (await modified(source) >= built) return false;
  }
  return true;
}

/** Milliseconds since the epoch; 0 for a file that is not there. */
async function modified(path: string): Promise<number> {
  return await Deno.stat(path).then((s) => s.mtime?.getTime() ?? 0, () => 0);
}
