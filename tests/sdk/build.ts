/**
 * Builds the guests of every language to `build/sdk`: `deno run -A tests/sdk/build.ts`. A module is built again when
 * its sources or the way it is built have changed.
 */
import { COMPILERS, missingPackages } from "../../tools/packages.ts";
import { ASSEMBLYSCRIPT } from "./toolchains/assemblyscript.ts";
import { C } from "./toolchains/c.ts";
import { GO } from "./toolchains/go.ts";
import { RUST } from "./toolchains/rust.ts";
import { onPath, type Toolchain } from "./toolchains/toolchain.ts";

const here = decodeURIComponent(new URL(".", import.meta.url).pathname);
const build = decodeURIComponent(
  new URL("../../build/sdk/", import.meta.url).pathname,
);

export const TOOLCHAINS: readonly Toolchain[] = [C, GO, RUST, ASSEMBLYSCRIPT];

const building = new Map<string, Promise<string>>();

/** Why this machine cannot build a language's guests: "" where it can. */
export function whyNot(toolchain: Toolchain): string {
  const lacks = missingPackages(
    COMPILERS.filter(([name]) => toolchain.packages.includes(name)),
  );
  lacks.push(...toolchain.programs.filter((program) => !onPath(program)));
  return lacks.length === 0
    ? ""
    : `wants ${lacks.join(", ")}: run the test task as root on Debian`;
}

/** The language that has a guest. */
export function toolchainOf(guest: string): Toolchain {
  const toolchain = TOOLCHAINS.find(({ guests }) => guests.includes(guest));
  if (!toolchain) throw new Error(`no guest is called ${guest}`);
  return toolchain;
}

/**
 * The path of a guest's module, built if it has to be.
 * @throws {Error} with the compiler's words.
 */
export function guestPath(guest: string): Promise<string> {
  let path = building.get(guest);
  if (!path) {
    path = made(guest, toolchainOf(guest));
    building.set(guest, path);
  }
  return path;
}

/** A guest's module. */
export async function guestModule(guest: string): Promise<WebAssembly.Module> {
  return new WebAssembly.Module(await Deno.readFile(await guestPath(guest)));
}

async function made(guest: string, toolchain: Toolchain): Promise<string> {
  const output = `${build}${guest}-${await digest(guest, toolchain)}.wasm`;
  if (await Deno.stat(output).catch(() => undefined)) return output;
  await Deno.mkdir(build, { recursive: true });
  const scratch = await Deno.makeTempDir({ prefix: `sdk-${guest}-` });
  // Two test files may build at once: each a file of its own, and the last one stays.
  const fresh = `${output}.${Deno.pid}`;
  try {
    await toolchain.build(guest, {
      folder: `${here}${toolchain.name}`,
      output: fresh,
      scratch,
    });
    await Deno.rename(fresh, output);
  } finally {
    await Deno.remove(scratch, { recursive: true });
  }
  await removeOlder(guest, output);
  return output;
}

/** Of everything a module is made of, in 16 hexadecimal digits. */
async function digest(guest: string, toolchain: Toolchain): Promise<string> {
  const folder = `${here}${toolchain.name}`;
  const files = [...Deno.readDirSync(folder)].map(({ name }) =>
    `${folder}/${name}`
  ).sort();
  files.push(`${here}toolchains/${toolchain.name}.ts`);
  const parts: Uint8Array[] = [new TextEncoder().encode(guest)];
  for (const file of files) parts.push(await Deno.readFile(file));
  const bytes = await new Blob(parts as BlobPart[]).arrayBuffer();
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(hash).subarray(0, 8)].map((byte) =>
    byte.toString(16).padStart(2, "0")
  ).join("");
}

async function removeOlder(guest: string, output: string): Promise<void> {
  const old = new RegExp(`^${guest}-[0-9a-f]{16}\\.wasm$`);
  for await (const { name } of Deno.readDir(build)) {
    if (old.test(name) && `${build}${name}` !== output) {
      await Deno.remove(`${build}${name}`).catch(() => {});
    }
  }
}

if (import.meta.main) {
  for (const toolchain of TOOLCHAINS) {
    const reason = whyNot(toolchain);
    for (const guest of toolchain.guests) {
      if (reason !== "") console.log(`${guest} is not built: ${reason}`);
      else console.log(await guestPath(guest));
    }
  }
}
