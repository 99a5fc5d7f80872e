/** Reads a configuration file from disk. */
import { ConfigError } from "../settings/problems.ts";
import { type HostConfig, parseConfig } from "./config.ts";

/** Greatest configuration file, bytes. */
export const MAX_CONFIG = 4 * 1024 * 1024;

/**
 * The configuration at `path`.
 * @throws {ConfigError} also where the file is absent, unreadable, too large or not UTF-8.
 */
export async function loadConfig(
  path: string,
  options: { node?: boolean } = {},
): Promise<HostConfig> {
  const cwd = Deno.cwd();
  const absolute = path.startsWith("/") ? path : `${cwd}/${path}`;
  return parseConfig(await readBounded(path), {
    file: path,
    folder: absolute.slice(0, absolute.lastIndexOf("/")) || "/",
    cwd,
    cpus: navigator.hardwareConcurrency,
    ...options,
  });
}

/**
 * The text of the file at `path`.
 * @throws {ConfigError} where it is absent, unreadable, too large or not UTF-8.
 */
export async function readBounded(path: string): Promise<string> {
  try {
    const { size, isFile } = await Deno.stat(path);
    if (!isFile) {
      throw new ConfigError([`${path}: found no file, expected JSON`]);
    }
    if (size > MAX_CONFIG) {
      throw new ConfigError([
        `${path}: found ${size} bytes, expected at most ${MAX_CONFIG}`,
      ]);
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(
      await Deno.readFile(path),
    );
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw new ConfigError([`${path}: there is no such configuration file`]);
    }
    if (error instanceof TypeError) {
      throw new ConfigError([`${path}: found bytes that are not UTF-8`]);
    }
    throw new ConfigError([
      `${path}: cannot be read: ${
        error instanceof Error ? error.message : error
      }`,
    ]);
  }
}
