/** The module a container runs: found by `process.args[0]`, read out of the image. */
import type { Spec, SpecMount } from "../bundle.ts";
import { failure } from "../errors.ts";
import { isBind, type Layers } from "./layers.ts";
import { findInLayers, type Found } from "./merged.ts";

/** Largest module that is read: bytes. */
export const MAX_MODULE = 256 * 1024 * 1024;

const MAGIC = [0x00, 0x61, 0x73, 0x6d];
const ELF = [0x7f, 0x45, 0x4c, 0x46];
const SCRIPT = [0x23, 0x21];

/** Where a name without a slash is looked for when the image says no PATH. */
const DEFAULT_PATH =
  "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The bytes of the container's module. `args[0]` is `path` or `path#function`; a path without a slash is searched for
 * in PATH and then in the working directory, another is relative to the working directory (SHIM.md §8).
 * @throws {TtrpcError} NotFound or InvalidArgument, naming path and container.
 */
export function readModule(
  spec: Spec,
  layers: Layers,
  container: string,
): Uint8Array {
  const name = spec.process?.args?.[0]?.replace(/#[^/]*$/, "") ?? "";
  if (name === "") {
    throw failure(
      "invalid",
      `process.args is empty, expected the path of a module in the image (container ${container})`,
    );
  }
  const tried = candidates(name, spec);
  for (const path of tried) {
    const found = find(spec, layers, path);
    if (found.kind === "nothing" && path !== tried.at(-1)) continue;
    return read(found, path, name, tried.length > 1, container);
  }
  throw new Error("unreachable: there is always a candidate");
}

/** Absolute paths in the image, best first; never empty. */
function candidates(name: string, spec: Spec): string[] {
  const cwd = spec.process?.cwd || "/";
  if (name.startsWith("/")) return [name];
  if (name.includes("/")) return [`${cwd}/${name}`];
  const path = spec.process?.env?.findLast((word) => word.startsWith("PATH="))
    ?.slice("PATH=".length) || DEFAULT_PATH;
  return [...path.split(":").filter((folder) => folder !== ""), cwd]
    .map((folder) => `${folder === "/" ? "" : folder}/${name}`);
}

/** Looks in the volume that covers the path, if one does, else in the image. */
function find(spec: Spec, layers: Layers, path: string): Found {
  const volume = coveringMount(spec.mounts ?? [], path);
  if (volume === undefined) return findInLayers(layers, path);
  return findInLayers(
    { folders: [volume.source], attributes: "trusted" },
    path.slice(volume.destination.length),
  );
}

function coveringMount(
  mounts: readonly SpecMount[],
  path: string,
): { source: string; destination: string } | undefined {
  let best: { source: string; destination: string } | undefined;
  for (const mount of mounts) {
    const destination = mount.destination.replace(/\/+$/, "");
    if (!isBind(mount) || mount.source === undefined || destination === "") {
      continue;
    }
    if (!path.startsWith(`${destination}/`)) continue;
    if (destination.length >= (best?.destination.length ?? 0)) {
      best = { source: mount.source, destination };
    }
  }
  return best;
}

function read(
  found: Found,
  path: string,
  name: string,
  searched: boolean,
  container: string,
): Uint8Array {
  const where = `(container ${container})`;
  switch (found.kind) {
    case "nothing":
      throw failure(
        "notFound",
        searched
          ? `${name}: no such file in PATH or the working directory of the image ${where}`
          : `${path}: no such file in the image ${where}`,
      );
    case "loop":
      throw failure("invalid", `${path}: too many symbolic links ${where}`);
    case "folder":
    case "other":
      throw failure(
        "invalid",
        `${path}: ${
          found.kind === "folder" ? "a folder" : "no regular file"
        }, expected a WebAssembly module ${where}`,
      );
  }
  if (found.size > MAX_MODULE) {
    throw failure(
      "invalid",
      `${path}: ${found.size} bytes, expected at most ${MAX_MODULE} ${where}`,
    );
  }
  const bytes = Deno.readFileSync(found.path);
  requireMagic(bytes, path, where);
  return bytes;
}

function requireMagic(bytes: Uint8Array, path: string, where: string): void {
  const begins = (magic: number[]) =>
    magic.every((byte, at) => bytes[at] === byte);
  if (begins(MAGIC)) return;
  const what = bytes.length === 0
    ? "an empty file"
    : begins(ELF)
    ? "a Linux program"
    : begins(SCRIPT)
    ? "a script"
    : `it begins with ${hex(bytes.subarray(0, 4))}`;
  throw failure(
    "invalid",
    `${path}: not a WebAssembly module: ${what}, expected 00 61 73 6d ${where}`,
  );
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join(" ");
}
