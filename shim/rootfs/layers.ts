/** From the mounts containerd names to the folders an image's files lie in, top layer first. */
import { failure } from "../errors.ts";

/** A mount as containerd sends it in Create (SHIM.md §6). */
export interface RootMount {
  type: string;
  source: string;
  target: string;
  options: string[];
}

/** How an image's tree is made of folders. */
export interface Layers {
  /** Top first. A file of one hides those of the same name further down. */
  folders: string[];
  /** Prefix of overlayfs's extended attributes: `trusted` or `user`. */
  attributes: "trusted" | "user";
}

/**
 * The layers of a root file system.
 * @param fallback the folder the spec names (`root.path`), for when there are no mounts.
 * @throws {TtrpcError} Unimplemented for a kind of mount that cannot be read as folders.
 */
export function layersOf(
  mounts: readonly RootMount[],
  fallback: string,
): Layers {
  const mount = mounts.at(-1);
  if (mount === undefined) {
    return { folders: [fallback], attributes: "trusted" };
  }
  if (isBind(mount)) {
    return { folders: [mount.source], attributes: "trusted" };
  }
  if (mount.type !== "overlay") {
    throw failure(
      "unimplemented",
      `root file system: mount of type ${JSON.stringify(mount.type)}, ` +
        "expected overlay or bind (use the overlayfs or native snapshotter)",
    );
  }
  const folders = overlayFolders(mount.options);
  if (folders.length === 0) {
    throw failure(
      "invalid",
      "root file system: an overlay without lowerdir and upperdir",
    );
  }
  return {
    folders,
    attributes: mount.options.includes("userxattr") ? "user" : "trusted",
  };
}

/** Whether a mount shows a folder as it stands. */
export function isBind(mount: { type?: string; options?: string[] }): boolean {
  return mount.type === "bind" ||
    (mount.options ?? []).some((word) => word === "bind" || word === "rbind");
}

function overlayFolders(options: readonly string[]): string[] {
  const value = (name: string) =>
    options.find((option) => option.startsWith(`${name}=`))
      ?.slice(name.length + 1);
  const upper = value("upperdir");
  const lower = value("lowerdir");
  return [
    ...(upper === undefined ? [] : [unescape(upper)]),
    ...(lower === undefined ? [] : splitLayers(lower)),
  ];
}

/** `lowerdir`'s folders: parted by colons, except those behind a backslash. */
function splitLayers(text: string): string[] {
  return (text.match(/(\\.|[^:\\])+/g) ?? []).map(unescape);
}

function unescape(text: string): string {
  return text.replace(/\\(.)/g, "$1");
}
