/** Compiles what the bench has in other languages: C with gcc, WebAssembly text with wabt. */
import wabt from "wabt";
import { whyNot } from "../../tests/sdk/build.ts";
import { GO } from "../../tests/sdk/toolchains/go.ts";
import { RUST } from "../../tests/sdk/toolchains/rust.ts";
import type { Bench } from "./bench.ts";
import { baseline, fromFileUrl } from "./paths.ts";

/** Compiles `baselines/<name>.c` to one static program. @returns its path. */
export async function compileC(bench: Bench, name: string): Promise<string> {
  const output = `${bench.folder}/${name}`;
  const { success, stderr } = await new Deno.Command("gcc", {
    args: ["-O2", "-static", "-Wall", "-o", output, baseline(`${name}.c`)],
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return output;
}

/** Assembles `guests/<name>.wat`, with each word of `values` replaced. @returns the module's path. */
export async function compileGuest(
  bench: Bench,
  name: string,
  values: Record<string, string> = {},
): Promise<string> {
  let text = await Deno.readTextFile(fromFileUrl(`../guests/${name}.wat`));
  for (const [word, value] of Object.entries(values)) {
    text = text.replaceAll(word, value);
  }
  const { parseWat } = await wabt();
  const module = parseWat(`${name}.wat`, text);
  const { buffer } = module.toBinary({});
  module.destroy();
  const output = `${bench.folder}/${name}.wasm`;
  await Deno.writeFile(output, buffer);
  return output;
}

/** Compiles the plugin `guests/go` with the Go SDK. @returns the module's path. */
export async function compileGo(bench: Bench): Promise<string> {
  const output = `${bench.folder}/plugin-go.wasm`;
  await GO.build("plugin", {
    folder: fromFileUrl("../guests/go"),
    output,
    scratch: bench.folder,
  });
  return output;
}

/** Why plugins in Go and Rust cannot be built here: "" where they can. */
export function whyNoPlugins(): string {
  return whyNot(GO) || whyNot(RUST);
}
