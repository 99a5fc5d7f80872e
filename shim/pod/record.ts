/** What is written down about a pod, so that `delete` can clean up after a daemon that died. */
import type { PodPaths } from "../paths.ts";

export interface PodRecord {
  /** Process id of the last host; 0 for none yet. */
  host: number;
  /** cgroup folders that were made for the pod, outermost first. */
  cgroups: string[];
}

export function writeRecord(paths: PodPaths, record: PodRecord): void {
  Deno.writeTextFileSync(paths.record, JSON.stringify(record), { mode: 0o600 });
}

/** The record of a pod; one that is missing or broken says nothing. */
export function readRecord(paths: PodPaths): PodRecord {
  try {
    const { host, cgroups } = JSON.parse(Deno.readTextFileSync(paths.record));
    return {
      host: Number.isInteger(host) ? host : 0,
      cgroups: Array.isArray(cgroups)
        ? cgroups.filter((path) => typeof path === "string")
        : [],
    };
  } catch {
    return { host: 0, cgroups: [] };
  }
}
