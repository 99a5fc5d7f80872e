/** Figures as the message containerd expects from a machine of this cgroup version (SHIM.md §3.2). Never empty. */
import { TYPE_URLS } from "../../proto/containerd/names.ts";
import { Metrics as MetricsV1 } from "../../proto/gen/containerd/metrics_v1.ts";
import { Metrics as MetricsV2 } from "../../proto/gen/containerd/metrics_v2.ts";
import type { Any } from "../../proto/gen/google/protobuf/any.ts";
import type { Figures } from "./figures.ts";
import type { CgroupVersion } from "./path.ts";

/** The reply of Stats. */
export function metricsOf(figures: Figures, version: CgroupVersion): Any {
  return version === 2
    ? { typeUrl: TYPE_URLS.METRICS_V2, value: encodeV2(figures) }
    : { typeUrl: TYPE_URLS.METRICS_V1, value: encodeV1(figures) };
}

function encodeV1(of: Figures): Uint8Array {
  return MetricsV1.encode({
    pids: { current: of.pids, limit: of.pidsLimit },
    cpu: {
      usage: {
        total: of.cpuTotal,
        kernel: of.cpuKernel,
        user: of.cpuUser,
        perCpu: [],
      },
      throttling: {
        periods: of.periods,
        throttledPeriods: of.throttledPeriods,
        throttledTime: of.throttledTime,
      },
    },
    memory: {
      cache: of.fileCache,
      rss: of.anonymous,
      activeFile: of.activeFile,
      inactiveFile: of.inactiveFile,
      pgFault: of.pageFaults,
      pgMajFault: of.majorPageFaults,
      totalCache: of.fileCache,
      totalRss: of.anonymous,
      totalActiveFile: of.activeFile,
      totalInactiveFile: of.inactiveFile,
      totalPgFault: of.pageFaults,
      totalPgMajFault: of.majorPageFaults,
      hierarchicalMemoryLimit: of.memoryLimit,
      usage: {
        limit: of.memoryLimit,
        usage: of.memoryUsage,
        max: of.memoryMax,
        failcnt: of.memoryFailures,
      },
    },
    memoryOomControl: { underOom: of.underOom, oomKill: of.oomKills },
  }).finish();
}

function encodeV2(of: Figures): Uint8Array {
  return MetricsV2.encode({
    pids: { current: of.pids, limit: of.pidsLimit },
    cpu: {
      usageUsec: of.cpuTotal / 1000n,
      userUsec: of.cpuUser / 1000n,
      systemUsec: of.cpuKernel / 1000n,
      nrPeriods: of.periods,
      nrThrottled: of.throttledPeriods,
      throttledUsec: of.throttledTime / 1000n,
    },
    memory: {
      anon: of.anonymous,
      file: of.fileCache,
      activeFile: of.activeFile,
      inactiveFile: of.inactiveFile,
      pgfault: of.pageFaults,
      pgmajfault: of.majorPageFaults,
      usage: of.memoryUsage,
      usageLimit: of.memoryLimit,
      maxUsage: of.memoryMax,
    },
    memoryEvents: { max: of.memoryFailures, oomKill: of.oomKills },
  }).finish();
}
