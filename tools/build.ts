/**
 * `deno task build`: writes `dist/containerd-shim-layotto-v2`, one file that is shim, host and command line.
 *
 * `deno compile` makes it; where Deno's runtime cannot be downloaded and DENORT_BIN is not set, a self-extracting file
 * takes its place. `--self-extracting` asks for that one; `--prove-compile` only checks that `deno compile` takes our
 * modules, with the deno executable in the runtime's place (what comes out cannot run).
 */
import { join } from "node:path";
import { bundle } from "./packaging/bundle.ts";
import { compile, isDownloadFailure } from "./packaging/compile.ts";
import {
  SYSTEM_HOME,
  writeSelfExtracting,
} from "./packaging/self_extracting.ts";

const NAME = "containerd-shim-layotto-v2";
const root = join(import.meta.dirname!, "..");
const dist = join(root, "dist");
// A folder of its own while it is made: two builds at once do not mix.
const bundles = join(dist, `bundle.${Deno.pid}`);
const output = join(dist, NAME);

/** Compiles with the wrong runtime, looks for what must be inside, and removes the result. */
async function proveCompile(): Promise<void> {
  const proof = join(dist, `${NAME}.${Deno.pid}.proof`);
  try {
    await compile(bundles, proof, Deno.execPath());
    const bytes = await Deno.readFile(proof);
    const base = (await Deno.stat(Deno.execPath())).size;
    const text = new TextDecoder("latin1").decode(bytes.subarray(base));
    for await (const file of Deno.readDir(bundles)) {
      if (text.includes(file.name)) continue;
      throw new Error(`deno compile left out ${join(bundles, file.name)}`);
    }
    console.log(
      `deno compile takes all bundles: ${megabytes(bytes.length - base)}`,
    );
  } finally {
    await Deno.remove(proof).catch(() => {});
  }
}

async function build(selfExtracting: boolean): Promise<void> {
  let why = "as asked";
  if (!selfExtracting) {
    const fresh = `${output}.${Deno.pid}`;
    try {
      await compile(bundles, fresh);
      await Deno.rename(fresh, output);
      return await report("deno compile");
    } catch (error) {
      if (Deno.env.get("DENORT_BIN") || !isDownloadFailure(error)) throw error;
      why = "Deno's runtime for deno compile cannot be downloaded here";
    }
  }
  await writeSelfExtracting({
    deno: Deno.execPath(),
    bundles,
    home: SYSTEM_HOME,
    output,
  });
  await report(`self-extracting; ${why}`);
}

async function report(how: string): Promise<void> {
  const link = join(dist, "layotto");
  await Deno.remove(link).catch(() => {});
  await Deno.symlink(NAME, link);
  const { size } = await Deno.stat(output);
  console.log(`dist/${NAME}: ${megabytes(size)} (${how})`);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

const known = ["--self-extracting", "--prove-compile"];
const unknown = Deno.args.find((arg) => !known.includes(arg));
if (unknown !== undefined) {
  console.error(`tools/build.ts: found ${unknown}, expected ${known}`);
  Deno.exit(2);
}
try {
  await bundle(root, bundles);
  if (Deno.args.includes("--prove-compile")) await proveCompile();
  else await build(Deno.args.includes("--self-extracting"));
} finally {
  await Deno.remove(bundles, { recursive: true }).catch(() => {});
}
