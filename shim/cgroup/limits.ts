/** The limits of a pod's host: what its containers may use together, and what the host itself needs. */
import type { Resources } from "../bundle.ts";
import type { Cgroup } from "./cgroup.ts";

/**
 * Memory of a host beyond what its functions are given: bytes. One process runs them all; the RuntimeClass asks the
 * scheduler for as much as the pod's overhead.
 */
export const HOST_MEMORY = 64 * 1024 * 1024;
/** Threads of a host beyond what its functions are given. */
export const HOST_PIDS = 64;

/** Limits as the kernel takes them; undefined is none. */
export interface Limits {
  /** Bytes. */
  memory?: number;
  /** Weight of v1, 1024 for one processor. */
  cpuShares?: number;
  /** Microseconds of processor time in each `cpuPeriod`. */
  cpuQuota?: number;
  cpuPeriod?: number;
  pids?: number;
}

/** Period where none is given: microseconds, the kernel's own default. */
const PERIOD = 100_000;

/** The limits of one host that runs containers of these resources. One without a limit means none for all. */
export function combine(containers: readonly Resources[]): Limits {
  const memory = sum(containers.map(({ memory }) => positive(memory?.limit)));
  const pids = sum(containers.map(({ pids }) => positive(pids?.limit)));
  const quota = sum(containers.map(({ cpu }) => {
    const own = positive(cpu?.quota);
    return own === undefined
      ? undefined
      : own / (positive(cpu?.period) ?? PERIOD);
  }));
  const shares = containers.map(({ cpu }) => positive(cpu?.shares) ?? 0)
    .reduce((a, b) => a + b, 0);
  return {
    ...(memory === undefined ? {} : { memory: memory + HOST_MEMORY }),
    ...(pids === undefined ? {} : { pids: pids + HOST_PIDS }),
    ...(quota === undefined
      ? {}
      : { cpuQuota: Math.round(quota * PERIOD), cpuPeriod: PERIOD }),
    ...(shares === 0 ? {} : { cpuShares: Math.max(2, shares) }),
  };
}

/**
 * Writes the limits; one that is undefined is lifted.
 * @returns what could not be written, in words, for the log: a node without a controller still runs pods.
 */
export function applyLimits(cgroup: Cgroup, limits: Limits): string[] {
  const failed: string[] = [];
  const write = (controller: string, file: string, text: string) => {
    try {
      cgroup.write(controller, file, text);
    } catch (error) {
      failed.push((error as Error).message);
    }
  };
  const period = limits.cpuPeriod ?? PERIOD;
  if (cgroup.version === 2) {
    write("memory", "memory.max", `${limits.memory ?? "max"}`);
    write("cpu", "cpu.max", `${limits.cpuQuota ?? "max"} ${period}`);
    write("cpu", "cpu.weight", `${weightOf(limits.cpuShares ?? 1024)}`);
    write("pids", "pids.max", `${limits.pids ?? "max"}`);
  } else {
    write("memory", "memory.limit_in_bytes", `${limits.memory ?? -1}`);
    write("cpu", "cpu.cfs_period_us", `${period}`);
    write("cpu", "cpu.cfs_quota_us", `${limits.cpuQuota ?? -1}`);
    write("cpu", "cpu.shares", `${limits.cpuShares ?? 1024}`);
    write("pids", "pids.max", `${limits.pids ?? "max"}`);
  }
  return failed;
}

/** v1's 2…262144 on v2's 1…10000, as runc and the kubelet map them. */
export function weightOf(shares: number): number {
  const bounded = Math.min(Math.max(shares, 2), 262_144);
  return 1 + Math.floor(((bounded - 2) * 9999) / 262_142);
}

function positive(value: number | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value > 0
    ? value
    : undefined;
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  if (values.length === 0) return undefined;
  let total = 0;
  for (const value of values) {
    if (value === undefined) return undefined;
    total += value;
  }
  return total;
}
