/**
 * What a function of the short shape says of itself as a command:
 *
 *     "count": {
 *       "path": "count.wasm",
 *       "args": ["-l", "/data/in"],
 *       "env": { "LANG": "C" },
 *       "mounts": { "/data": "./data", "/etc": { "path": "./etc", "read-only": true } }
 *     }
 *
 * These stand in a file alone and are no settings: an annotation must not reach the folders of a machine.
 */
import { type Check, isObject, join, type JsonObject } from "./check.ts";

/** Arguments, environment and folders of a command. */
export interface CommandConfig {
  /** After the module's path. */
  args: string[];
  /** `KEY=value`. */
  env: string[];
  mounts: Mount[];
}

/** A folder of this machine under the path a guest sees. */
export interface Mount {
  path: string;
  root: string;
  readOnly: boolean;
}

/** The keys read here. */
export const COMMAND_KEYS = ["args", "env", "mounts"] as const;

/** Reads them from the function at `path`; folders are relative to `folder`. */
export function readCommand(
  check: Check,
  { args, env, mounts }: JsonObject,
  path: string,
  folder: string,
): CommandConfig {
  const at = (...keys: (string | number)[]) => join(path, ...keys);
  return {
    args: check.list(args, at("args")).map((one, i) =>
      text(check, one, at("args", i))
    ),
    env: Object.entries(check.object(env, at("env"))).map(([key, value]) => {
      if (key === "" || key.includes("=")) {
        check.expected(at("env", key), key, "a name without =");
      }
      return `${key}=${text(check, value, at("env", key))}`;
    }),
    mounts: Object.entries(check.object(mounts, at("mounts"))).map(
      ([guest, value]) =>
        readMount(check, guest, value, at("mounts", guest), folder),
    ),
  };
}

function readMount(
  check: Check,
  guest: string,
  value: unknown,
  path: string,
  folder: string,
): Mount {
  if (guest === "") check.expected(path, guest, "the path a guest sees");
  const fields = isObject(value) ? value : { path: value };
  if (isObject(value)) check.keys(value, ["path", "read-only"], path);
  const readOnly = fields["read-only"] ?? false;
  if (typeof readOnly !== "boolean") {
    check.expected(join(path, "read-only"), readOnly, "true or false");
  }
  const root = fields.path;
  if (typeof root !== "string" || root === "") {
    check.expected(path, root, "a folder's path");
    return { path: guest, root: "", readOnly: true };
  }
  return {
    path: guest,
    root: root.startsWith("/") ? root : `${folder}/${root}`,
    readOnly: readOnly === true,
  };
}

function text(check: Check, value: unknown, path: string): string {
  if (typeof value === "string" && !value.includes("\0")) return value;
  check.expected(path, value, "a text");
  return "";
}

/** @throws {Error} naming a folder that is not there. */
export async function checkFolders(mounts: readonly Mount[]): Promise<void> {
  for (const { path, root } of mounts) {
    const found = await Deno.stat(root).catch((error: Error) => error);
    if (found instanceof Error || !found.isDirectory) {
      const why = found instanceof Error ? found.message : "not a folder";
      throw new Error(
        `mounts: ${path}: found ${root}: ${why}, expected a folder`,
      );
    }
  }
}
