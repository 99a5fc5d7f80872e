/** What every case is given: where things are, and a folder that goes at the end. */
import { fromFileUrl } from "./paths.ts";
import type { Row } from "./row.ts";

export interface Bench {
  /** A folder for files, removed at the end. */
  readonly folder: string;
  /** The `deno` executable that our processes run on, also for the baselines: the same file, so the same pages. */
  readonly deno: string;
  /** The built program, as the command line and as the shim. */
  readonly layotto: string;
  readonly shim: string;
}

/** A group of rows that are measured together. */
export interface Case {
  name: string;
  /** Whether it runs containerd and enters namespaces: root on Debian only. */
  wantsContainerd: boolean;
  /** Why it cannot be run here for another reason: "" where it can. */
  whyNot?(): string;
  run(bench: Bench): Promise<Row[]>;
}

const DIST = fromFileUrl("../../dist");

/** Prepares for a run; the program must have been built. */
export async function openBench(): Promise<Bench> {
  const shim = `${DIST}/containerd-shim-layotto-v2`;
  return {
    folder: await Deno.makeTempDir({ prefix: "bench-" }),
    deno: await denoOf(shim),
    layotto: `${DIST}/layotto`,
    shim,
  };
}

export async function closeBench({ folder }: Bench): Promise<void> {
  await Deno.remove(folder, { recursive: true });
}

/** The executable that a self-extracting program carries; a compiled one has none of its own, and ours stands in. */
async function denoOf(program: string): Promise<string> {
  const { success, stderr } = await new Deno.Command(program, {
    args: ["-v"],
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  const file = await Deno.open(program);
  const head = new Uint8Array(4096);
  await file.read(head);
  file.close();
  const text = new TextDecoder("latin1").decode(head);
  const digest = /^digest=(\w+)$/m.exec(text)?.[1];
  const home = /^home=(\/\S+)$/m.exec(text)?.[1];
  const path = `${home}/${digest}/deno`;
  const extracted = await Deno.stat(path).then(() => true, () => false);
  return extracted ? path : Deno.execPath();
}
