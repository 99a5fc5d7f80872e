/** From an OCI `linux.cgroupsPath` to folders of the cgroup file system. */

/** A hierarchy layout: one tree (v2), or a tree per controller (v1, also where v2 exists beside it without controllers). */
export type CgroupVersion = 1 | 2;

/** Where the kernel shows cgroups. */
export const CGROUP_ROOT = "/sys/fs/cgroup";

/** The v1 controllers a host is put under; each is a folder of the root. */
export const V1_CONTROLLERS = ["memory", "cpu", "cpuacct", "pids"] as const;

/** Which layout this machine has. */
export function cgroupVersion(root = CGROUP_ROOT): CgroupVersion {
  try {
    Deno.statSync(`${root}/cgroup.controllers`);
    return 2;
  } catch {
    return 1;
  }
}

/**
 * The path below a hierarchy's root: `/a/b` as it stands; systemd's `slice:prefix:name` as the folders systemd would
 * make (a slice's name says its parents, dash by dash).
 * @returns without a leading slash; "" for an empty path.
 * @throws {TypeError} on a path that would leave the hierarchy, or a slice whose name is no slice's.
 */
export function expandCgroupsPath(cgroupsPath: string): string {
  const systemd = /^([^/:]*):([^/:]*):([^/:]+)$/.exec(cgroupsPath);
  const path = systemd === null
    ? cgroupsPath.split("/").filter((part) => part !== "" && part !== ".")
    : systemdParts(systemd[1] ?? "", systemd[2] ?? "", systemd[3] ?? "");
  if (path.includes("..")) {
    throw new TypeError(
      `linux.cgroupsPath ${cgroupsPath}: found "..", expected a path below the root`,
    );
  }
  return path.join("/");
}

function systemdParts(slice: string, prefix: string, name: string): string[] {
  const unit = name.endsWith(".slice")
    ? name
    : `${prefix === "" ? "" : `${prefix}-`}${name}.scope`;
  return [...sliceParts(slice === "" ? "system.slice" : slice), unit];
}

function sliceParts(slice: string): string[] {
  if (slice === "-.slice") return [];
  const name = /^([^-]+(-[^-]+)*)\.slice$/.exec(slice)?.[1];
  if (name === undefined) {
    throw new TypeError(
      `linux.cgroupsPath: ${slice} is no slice's name, expected a-b-c.slice`,
    );
  }
  const words = name.split("-");
  return words.map((_, at) => `${words.slice(0, at + 1).join("-")}.slice`);
}
