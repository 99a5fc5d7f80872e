/** The packaging for where `denort` cannot be had: a shell script and a tar in one file (`tools/launcher.sh`). */
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Pack, pack as packTar } from "tar-stream";
import { RUN_FLAGS } from "../../runtime/self.ts";

/** Bytes the script is padded to, so that the payload begins where the script says whatever stands in it. */
const SCRIPT_SIZE = 8192;

/** Where root extracts to; the launcher gives other users a folder in their cache. */
export const SYSTEM_HOME = "/var/lib/layotto/bin";

export interface SelfExtracting {
  /** The `deno` executable to carry. */
  deno: string;
  /** The folder of the bundles. */
  bundles: string;
  /** Where root extracts to; absolute, of letters, digits and `/._-` alone since it is written into a script. */
  home: string;
  /** The file to write. */
  output: string;
}

/**
 * Writes the file; the same inputs give the same bytes.
 * @returns the payload's SHA-256 in hex: the name of the folder it extracts to.
 * @throws when an input cannot be read, or the script outgrows its space.
 */
export async function writeSelfExtracting(
  what: SelfExtracting,
): Promise<string> {
  if (!/^\/[\w./-]+$/.test(what.home)) {
    throw new Error(
      `home: found ${what.home}, expected an absolute path of letters, digits and /._-`,
    );
  }
  const payload = await makePayload(what);
  const digest = createHash("sha256").update(payload).digest("hex");
  const script = await makeScript(what.home, digest, payload.length);
  const temporary = `${what.output}.${Deno.pid}`;
  await Deno.writeFile(temporary, script, { mode: 0o755 });
  await Deno.writeFile(temporary, payload, { append: true });
  await Deno.chmod(temporary, 0o755);
  await Deno.rename(temporary, what.output);
  return digest;
}

async function makeScript(
  home: string,
  digest: string,
  size: number,
): Promise<Uint8Array> {
  const template = await Deno.readTextFile(
    new URL("../launcher.sh", import.meta.url),
  );
  const text = template
    .replaceAll("@DIGEST@", digest)
    .replaceAll("@HOME@", home)
    .replaceAll("@OFFSET@", String(SCRIPT_SIZE + 1))
    .replaceAll("@SIZE@", String(size))
    .replaceAll("@FLAGS@", RUN_FLAGS.join(" "));
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > SCRIPT_SIZE) {
    throw new Error(
      `tools/launcher.sh: ${bytes.length} bytes, expected at most SCRIPT_SIZE = ${SCRIPT_SIZE}`,
    );
  }
  const padded = new Uint8Array(SCRIPT_SIZE).fill("\n".charCodeAt(0));
  padded.set(bytes);
  return padded;
}

async function makePayload(what: SelfExtracting): Promise<Uint8Array> {
  const tar = packTar();
  const collected = collect(tar);
  const names: string[] = [];
  for await (const file of Deno.readDir(what.bundles)) names.push(file.name);
  const entry = { mtime: new Date(0), uid: 0, gid: 0 };
  tar.entry({ ...entry, name: "cache/", type: "directory", mode: 0o755 });
  const add = async (name: string, path: string, mode: number) => {
    tar.entry({ ...entry, name, mode }, await readBuffer(path));
  };
  await add("deno", what.deno, 0o755);
  for (const name of names.sort()) {
    await add(name, join(what.bundles, name), 0o644);
  }
  // Last, so that finding it says that nothing before it is missing.
  tar.entry({ ...entry, name: "complete", mode: 0o644 }, "");
  tar.finalize();
  return await collected;
}

async function readBuffer(path: string): Promise<Buffer> {
  const bytes = await Deno.readFile(path);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function collect(stream: Pack): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
