/** The node's configuration as text; the host parses it. */
import { failure } from "../errors.ts";
import { NODE_CONFIG } from "../paths.ts";

/** Largest file that is passed on: bytes. */
const MAX_CONFIG = 512 * 1024;

/**
 * Text of `path`, or of the node's own file where `path` is empty; "" where that one does not exist.
 * @throws {TtrpcError} naming the file, when it cannot be read or is too large.
 */
export function nodeConfig(path: string): string {
  const file = path || NODE_CONFIG;
  try {
    const { size } = Deno.statSync(file);
    if (size > MAX_CONFIG) {
      throw failure(
        "invalid",
        `${file}: ${size} bytes, expected at most ${MAX_CONFIG}`,
      );
    }
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (path === "" && error instanceof Deno.errors.NotFound) return "";
    if (error instanceof Deno.errors.NotFound) {
      throw failure("notFound", `${file}: no such configuration file`);
    }
    throw error;
  }
}
