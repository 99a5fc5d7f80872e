/**
 * Metrics that plugins define, as Envoy has them among its statistics: in a namespace of their own, one of each name in
 * the process, whichever plugin counts.
 */
import type { Metric } from "../../abi/mod.ts";
import { Histogram } from "./envoy_histogram.ts";
import type { EnvoyStat } from "./envoy_stats.ts";

const NAMESPACE = "wasmcustom.";
/** By `proxy_metric_type_t`; 2 is a histogram. */
const KINDS: readonly ("counter" | "gauge")[] = ["counter", "gauge"];

/** What the admin endpoints show of `spaces`. */
export function guestStats(
  spaces: Iterable<[vmId: Uint8Array, metrics: Iterable<Metric>]>,
): EnvoyStat[] {
  const values = new Map<string, Extract<EnvoyStat, { value: unknown }>>();
  const histograms = new Map<string, Histogram>();
  const decoder = new TextDecoder();
  for (const [, metrics] of spaces) {
    for (const metric of metrics) {
      const name = NAMESPACE + decoder.decode(metric.name);
      const kind = KINDS[metric.type];
      if (kind === undefined) {
        const histogram = histograms.get(name) ?? new Histogram();
        histogram.add(metric.bins(), Number(metric.value));
        histograms.set(name, histogram);
        continue;
      }
      const key = `${kind} ${name}`;
      const before = BigInt(values.get(key)?.value ?? 0);
      const value = BigInt.asUintN(64, before + metric.value);
      values.set(key, { kind, name, value });
    }
  }
  return [
    ...values.values(),
    ...[...histograms].map(([name, values]): EnvoyStat => ({
      kind: "histogram",
      name,
      values,
    })),
  ];
}
