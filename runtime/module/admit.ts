/**
 * The one room a module passes through on its way in (DESIGN, decision 11): validate the original bytes, rewrite,
 * compile. The rewrite is the identity as long as nothing is metered or clamped.
 */

/** A module that cannot be run; the message says what was found, without naming the file, which the caller knows. */
export class ModuleError extends Error {
  override name = "ModuleError";
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d];
const CORE_VERSION = 1;

/** Makes another module of one; the same bytes where nothing is to be changed. */
export type Rewrite = (
  original: Uint8Array<ArrayBuffer>,
) => Uint8Array<ArrayBuffer>;

/**
 * Checks and compiles a guest's module, off the calling thread as far as V8 does.
 * @throws {ModuleError} not WebAssembly, a component, truncated or otherwise invalid.
 */
export async function admitModule(
  original: Uint8Array<ArrayBuffer>,
  rewrite: Rewrite = rewriteModule,
): Promise<WebAssembly.Module> {
  checkPreamble(original);
  const rewritten = rewrite(original);
  // Compiling validates; a module that was changed must have been valid before the change made it so.
  if (rewritten !== original && !WebAssembly.validate(original)) {
    throw invalid(original);
  }
  try {
    return await WebAssembly.compile(rewritten);
  } catch (error) {
    throw new ModuleError(
      `not a valid WebAssembly module (${original.length} bytes): ${
        plain(error)
      }`,
    );
  }
}

/** Where metering and clamping slot in; today every module stays as it is. */
function rewriteModule(
  original: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  return original;
}

function checkPreamble(bytes: Uint8Array): void {
  if (bytes.length < 8 || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    const found = bytes.length === 0
      ? "an empty file"
      : `bytes ${hex(bytes.subarray(0, 8))}`;
    throw new ModuleError(
      `not WebAssembly: found ${found}, expected 00 61 73 6d and a version`,
    );
  }
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(
    4,
    true,
  );
  if (version === 0x1000d) {
    throw new ModuleError(
      "a WebAssembly component: expected a core module (WASI preview 1 or proxy-wasm)",
    );
  }
  if (version !== CORE_VERSION) {
    throw new ModuleError(
      `WebAssembly version ${version}: expected ${CORE_VERSION}`,
    );
  }
}

function invalid(bytes: Uint8Array<ArrayBuffer>): ModuleError {
  try {
    new WebAssembly.Module(bytes);
  } catch (error) {
    return new ModuleError(
      `not a valid WebAssembly module (${bytes.length} bytes): ${plain(error)}`,
    );
  }
  return new ModuleError("not a valid WebAssembly module");
}

function plain(error: unknown): string {
  return (error as Error).message.replace(/^WebAssembly\.\w+\(\): /, "");
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(
    " ",
  );
}
