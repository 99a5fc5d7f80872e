/** `layotto image pack`: a function in an image, without docker. */
import { readOptions } from "../options.ts";
import { readModule } from "../read_module.ts";
import { PACK_OPTIONS } from "../table.ts";
import { UsageError } from "../usage.ts";
import { fileLayer, functionLayer, type Layer } from "./layer.ts";
import { writeImage } from "./layout.ts";
import { readReference } from "./reference.ts";

/** Writes the image and says its name. @returns 0; whatever is wrong is thrown. */
export async function pack(args: readonly string[]): Promise<number> {
  const { values, rest } = readOptions(args, PACK_OPTIONS);
  const one = (flag: string) => values.get(flag)?.[0];
  const reference = readReference(required(one("--tag"), "--tag REF"));
  const output = required(one("-o"), "-o FILE");
  const [path, another] = rest;
  if (path === undefined || another !== undefined) {
    throw new UsageError(`found ${rest.length} modules, expected one`);
  }
  const platform = readPlatform(one("--platform"));
  const entry = readEntry(one("--entry") ?? "/function.wasm");
  const env = (values.get("--env") ?? []).map(readVariable);
  const { bytes } = await readModule(path);
  const layers: Layer[] = [];
  for (const file of values.get("--layer") ?? []) {
    layers.push(await fileLayer(file));
  }
  layers.push(await functionLayer(entry, bytes));
  const { tar, digest } = await writeImage({
    reference,
    platform,
    layers,
    entrypoint: [entry],
    env,
  });
  await writeWhole(output, tar);
  console.log(
    `${output}: image ${reference.name}, ${tar.length} bytes, ${digest}`,
  );
  return 0;
}

function required(value: string | undefined, option: string): string {
  if (value) return value;
  throw new UsageError(`found no ${option}, expected one`);
}

function readPlatform(text = "wasip1/wasm") {
  const [os = "", architecture = "", variant, ...more] = text.split("/");
  const isWord = (word: string) => /^[a-z0-9]{1,32}$/.test(word);
  if (
    !isWord(os) || !isWord(architecture) || more.length > 0 ||
    variant !== undefined && !isWord(variant)
  ) {
    throw new UsageError(
      `--platform: found ${
        JSON.stringify(text)
      }, expected OS/ARCH such as wasip1/wasm or linux/amd64`,
    );
  }
  return variant === undefined
    ? { os, architecture }
    : { os, architecture, variant };
}

function readEntry(text: string): string {
  const parts = text.split("/");
  const isPlain = text.startsWith("/") && text.length <= 4096 &&
    !text.includes("\0") &&
    parts.slice(1).every((part) => part !== "" && !/^\.\.?$/.test(part));
  if (isPlain) return text;
  throw new UsageError(
    `--entry: found ${
      JSON.stringify(text)
    }, expected an absolute path without . and ..`,
  );
}

function readVariable(text: string): string {
  if (/^[^=\0]+=[^\0]*$/.test(text)) return text;
  throw new UsageError(
    `--env: found ${JSON.stringify(text)}, expected KEY=VALUE`,
  );
}

/** The file appears whole or not at all. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const fresh = `${path}.${Deno.pid}.new`;
  try {
    await Deno.writeFile(fresh, bytes);
    await Deno.rename(fresh, path);
  } catch (error) {
    await Deno.remove(fresh).catch(() => {});
    throw new Error(`${path}: cannot be written: ${(error as Error).message}`);
  }
}
