/**
 * Finds a file in an image's layers without mounting them, as overlayfs would show it: whiteouts, opaque folders, a
 * file that hides a folder, symlinks that stay inside (SHIM.md §6).
 */
import { cString, libcLater } from "../libc.ts";
import type { Layers } from "./layers.ts";

/** Symlinks followed on the way to one file, as the kernel counts. */
const MAX_LINKS = 40;
/** Longest path that is looked at: characters. */
const MAX_PATH = 4096;

/** What a path of the image leads to. */
export type Found =
  | { kind: "file"; path: string; size: number }
  | { kind: "folder" | "other" }
  | { kind: "nothing" }
  | { kind: "loop" };

/** One name in the merged tree: the layers that still count below it, and what it is. */
interface Entry {
  /** The folders to look into for a folder's children; for anything else the one path. */
  paths: string[];
  info: Deno.FileInfo;
}

/** Looks up `path`, which is taken as absolute in the image. */
export function findInLayers(layers: Layers, path: string): Found {
  let rest = parts(path);
  let stack: Entry[] = [rootOf(layers)];
  let links = 0;
  if (path.length > MAX_PATH) return { kind: "nothing" };
  while (rest.length > 0) {
    const [name = "", ...after] = rest;
    rest = after;
    const here = stack[stack.length - 1];
    if (here === undefined || !here.info.isDirectory) {
      return { kind: "nothing" };
    }
    if (name === "..") {
      // The root's parent is the root: there is no way out of an image.
      if (stack.length > 1) stack.pop();
      continue;
    }
    const entry = lookUp(here.paths, name, layers.attributes);
    if (entry === undefined) return { kind: "nothing" };
    if (entry.info.isSymlink) {
      if (++links > MAX_LINKS) return { kind: "loop" };
      const target = Deno.readLinkSync(entry.paths[0] ?? "");
      if (target.startsWith("/")) stack = stack.slice(0, 1);
      rest = [...parts(target), ...rest];
      if (rest.length > MAX_PATH) return { kind: "loop" };
      continue;
    }
    stack.push(entry);
  }
  return describe(stack[stack.length - 1]);
}

function describe(entry: Entry | undefined): Found {
  if (entry === undefined) return { kind: "nothing" };
  if (entry.info.isFile) {
    return {
      kind: "file",
      path: entry.paths[0] ?? "",
      size: entry.info.size,
    };
  }
  return { kind: entry.info.isDirectory ? "folder" : "other" };
}

function parts(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}

function rootOf(layers: Layers): Entry {
  const first = layers.folders[0] ?? "/";
  return { paths: layers.folders, info: Deno.statSync(first) };
}

/** `name` in folders that lie over each other, top first. */
function lookUp(
  folders: readonly string[],
  name: string,
  attributes: Layers["attributes"],
): Entry | undefined {
  const paths: string[] = [];
  let info: Deno.FileInfo | undefined;
  for (const folder of folders) {
    const path = `${folder}/${name}`;
    const found = lstat(path);
    if (found === undefined) continue;
    if (isWhiteout(found)) break;
    if (info === undefined) {
      info = found;
      paths.push(path);
      if (!found.isDirectory) break;
    } else if (found.isDirectory) paths.push(path);
    else break;
    if (isOpaque(path, attributes)) break;
  }
  return info === undefined ? undefined : { paths, info };
}

/** What overlayfs leaves where something was removed: a character device 0:0. */
function isWhiteout(info: Deno.FileInfo): boolean {
  return info.isCharDevice === true && info.rdev === 0;
}

/** Whether a folder hides what lower layers have below its name. */
function isOpaque(path: string, attributes: Layers["attributes"]): boolean {
  const value = new Uint8Array(1);
  const length = libcLater().getxattr(
    cString(path),
    cString(`${attributes}.overlay.opaque`),
    value,
    BigInt(value.length),
  );
  // "y"; a folder with "x" only says that whiteouts of another form may lie in it.
  return Number(length) === 1 && value[0] === 0x79;
}

function lstat(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.lstatSync(path);
  } catch (error) {
    if (
      error instanceof Deno.errors.NotFound ||
      error instanceof Deno.errors.NotADirectory
    ) return undefined;
    throw error;
  }
}
