/** What a cgroup says of itself, in one form for both versions: a dozen small files, whatever the pod's size. */
import type { Cgroup } from "./cgroup.ts";

/** Stands for "no limit": CRI subtracts from it, so it must be huge and still a signed 64-bit number. */
export const NO_LIMIT = 0x7fff_ffff_ffff_f000n;

/** Bytes, nanoseconds and counts. */
export interface Figures {
  cpuTotal: bigint;
  cpuUser: bigint;
  cpuKernel: bigint;
  periods: bigint;
  throttledPeriods: bigint;
  throttledTime: bigint;
  memoryUsage: bigint;
  memoryMax: bigint;
  memoryLimit: bigint;
  memoryFailures: bigint;
  anonymous: bigint;
  fileCache: bigint;
  activeFile: bigint;
  inactiveFile: bigint;
  pageFaults: bigint;
  majorPageFaults: bigint;
  pids: bigint;
  /** 0: none. */
  pidsLimit: bigint;
  underOom: bigint;
  oomKills: bigint;
}

const NOTHING: Figures = {
  cpuTotal: 0n,
  cpuUser: 0n,
  cpuKernel: 0n,
  periods: 0n,
  throttledPeriods: 0n,
  throttledTime: 0n,
  memoryUsage: 0n,
  memoryMax: 0n,
  memoryLimit: NO_LIMIT,
  memoryFailures: 0n,
  anonymous: 0n,
  fileCache: 0n,
  activeFile: 0n,
  inactiveFile: 0n,
  pageFaults: 0n,
  majorPageFaults: 0n,
  pids: 0n,
  pidsLimit: 0n,
  underOom: 0n,
  oomKills: 0n,
};

/** The figures now; a pod without a cgroup has none but the absence of a limit. */
export function readFigures(cgroup: Cgroup | undefined): Figures {
  if (cgroup === undefined) return NOTHING;
  return cgroup.version === 2 ? readV2(cgroup) : readV1(cgroup);
}

/** How many processes of the cgroup the kernel has killed for want of memory. */
export function oomKills(cgroup: Cgroup | undefined): bigint {
  if (cgroup === undefined) return 0n;
  const text = cgroup.version === 2
    ? cgroup.read("memory", "memory.events")
    : cgroup.read("memory", "memory.oom_control");
  return pairs(text)("oom_kill");
}

function readV1(cgroup: Cgroup): Figures {
  const memory = pairs(cgroup.read("memory", "memory.stat"));
  const oom = pairs(cgroup.read("memory", "memory.oom_control"));
  const cpu = pairs(cgroup.read("cpu", "cpu.stat"));
  const one = (controller: string, file: string) =>
    number(cgroup.read(controller, file));
  return {
    cpuTotal: one("cpuacct", "cpuacct.usage"),
    cpuUser: one("cpuacct", "cpuacct.usage_user"),
    cpuKernel: one("cpuacct", "cpuacct.usage_sys"),
    periods: cpu("nr_periods"),
    throttledPeriods: cpu("nr_throttled"),
    throttledTime: cpu("throttled_time"),
    memoryUsage: one("memory", "memory.usage_in_bytes"),
    memoryMax: one("memory", "memory.max_usage_in_bytes"),
    memoryLimit: limit(cgroup.read("memory", "memory.limit_in_bytes")),
    memoryFailures: one("memory", "memory.failcnt"),
    anonymous: memory("total_rss"),
    fileCache: memory("total_cache"),
    activeFile: memory("total_active_file"),
    inactiveFile: memory("total_inactive_file"),
    pageFaults: memory("total_pgfault"),
    majorPageFaults: memory("total_pgmajfault"),
    pids: one("pids", "pids.current"),
    pidsLimit: number(cgroup.read("pids", "pids.max")),
    underOom: oom("under_oom"),
    oomKills: oom("oom_kill"),
  };
}

function readV2(cgroup: Cgroup): Figures {
  const memory = pairs(cgroup.read("", "memory.stat"));
  const events = pairs(cgroup.read("", "memory.events"));
  const cpu = pairs(cgroup.read("", "cpu.stat"));
  const usage = number(cgroup.read("", "memory.current"));
  return {
    cpuTotal: cpu("usage_usec") * 1000n,
    cpuUser: cpu("user_usec") * 1000n,
    cpuKernel: cpu("system_usec") * 1000n,
    periods: cpu("nr_periods"),
    throttledPeriods: cpu("nr_throttled"),
    throttledTime: cpu("throttled_usec") * 1000n,
    memoryUsage: usage,
    // The file came with Linux 5.19; the present figure is a lower bound.
    memoryMax: number(cgroup.read("", "memory.peak")) || usage,
    memoryLimit: limit(cgroup.read("", "memory.max")),
    memoryFailures: events("max"),
    anonymous: memory("anon"),
    fileCache: memory("file"),
    activeFile: memory("active_file"),
    inactiveFile: memory("inactive_file"),
    pageFaults: memory("pgfault"),
    majorPageFaults: memory("pgmajfault"),
    pids: number(cgroup.read("", "pids.current")),
    pidsLimit: number(cgroup.read("", "pids.max")),
    underOom: 0n,
    oomKills: events("oom_kill"),
  };
}

/** Looks up lines of the form `name number`. */
function pairs(text: string | undefined): (name: string) => bigint {
  const found = new Map(
    (text ?? "").split("\n").map((line) => {
      const [name = "", value = ""] = line.split(" ");
      return [name, value] as const;
    }),
  );
  return (name) => number(found.get(name));
}

/** A number on its own; what is no number (`max`, nothing) is 0. */
function number(text: string | undefined): bigint {
  const digits = /^\d+/.exec(text ?? "")?.[0];
  return digits === undefined ? 0n : BigInt(digits);
}

/** A limit: `max`, nothing, 0 and anything beyond the largest become `NO_LIMIT`. */
function limit(text: string | undefined): bigint {
  const value = number(text);
  return value === 0n || value > NO_LIMIT ? NO_LIMIT : value;
}
