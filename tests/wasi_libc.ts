/** C programs of tests/testdata/wasi, compiled with clang and wasi-libc. */
import { missingPackages, WASI_PACKAGES } from "../tools/packages.ts";

const folder = new URL("testdata/wasi/", import.meta.url);
const compiled = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

/** Why C programs cannot be compiled here: "" where they can. */
export function cannotCompile(): string {
  const missing = missingPackages(WASI_PACKAGES);
  return missing.length === 0
    ? ""
    : `wants the packages ${missing.join(", ")}: run the test task`;
}

/** The module of `NAME.c`. @throws {Error} with what the compiler said. */
export function compileC(name: string): Promise<Uint8Array<ArrayBuffer>> {
  let module = compiled.get(name);
  if (!module) compiled.set(name, module = compile(name));
  return module;
}

async function compile(name: string): Promise<Uint8Array<ArrayBuffer>> {
  const output = await Deno.makeTempFile({ suffix: ".wasm" });
  try {
    const { success, stderr } = await new Deno.Command("clang", {
      args: [
        "--target=wasm32-wasi",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Werror",
        "-Wno-unused-parameter",
        "-o",
        output,
        `${name}.c`,
      ],
      cwd: folder,
    }).output();
    if (!success) {
      throw new Error(`${name}.c: ${new TextDecoder().decode(stderr)}`);
    }
    return await Deno.readFile(output);
  } finally {
    await Deno.remove(output);
  }
}

/** A test that wants a C compiler; where there is none it is skipped under a name that says why. */
export function testWithC(name: string, fn: () => Promise<void>): void {
  const reason = cannotCompile();
  Deno.test({
    name: reason === "" ? name : `${name} [skipped: ${reason}]`,
    ignore: reason !== "",
    fn,
  });
}
