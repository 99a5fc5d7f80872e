import { admitModule } from "../runtime/module/admit.ts";
import { readFile } from "./read_file.ts";

/** Greatest module read from a file, bytes. */
const MAX_MODULE = 512 * 1024 * 1024;

/**
 * Reads and checks the module at `path`.
 * @throws {Error} naming the file: it cannot be read, or is no valid WebAssembly module.
 */
export async function readModule(
  path: string,
): Promise<
  { bytes: Uint8Array<ArrayBuffer>; module: WebAssembly.Module }
> {
  const bytes = await readFile(path, MAX_MODULE);
  try {
    return { bytes, module: await admitModule(bytes) };
  } catch (error) {
    throw new Error(`${path}: ${(error as Error).message}`);
  }
}
