/**
 * Metrics of one function. Ids carry the type in their low two bits, as in Envoy (counters 4, 8, …; gauges 5, 9, …;
 * histograms 6, 10, …).
 */
import { MAX_METRICS } from "../limits.ts";
import { MetricType, Status } from "../types.ts";

/** One metric as it stands. A histogram has a count and a sum. */
export interface Metric {
  readonly name: string;
  readonly type: MetricType;
  value: bigint;
  count: bigint;
}

const MASK = (1n << 64n) - 1n;

export class Metrics {
  readonly #ids = new Map<string, number>();
  readonly #metrics = new Map<number, Metric>();

  /** All metrics, in the order of their definition. */
  all(): Iterable<Readonly<Metric>> {
    return this.#metrics.values();
  }

  /** The id of that metric, made if there is none; 0 when there are too many. */
  define(type: MetricType, name: string): number {
    const key = `${type} ${name}`;
    const known = this.#ids.get(key);
    if (known !== undefined) return known;
    if (this.#metrics.size >= MAX_METRICS) return 0;
    const id = 4 * (this.#metrics.size + 1) + type;
    this.#ids.set(key, id);
    this.#metrics.set(id, { name, type, value: 0n, count: 0n });
    return id;
  }

  /** Adds a signed `delta`. 1 unknown id; 2 for a histogram, or a counter that would not grow. */
  increment(id: number, delta: bigint): Status {
    const metric = this.#metrics.get(id);
    if (metric === undefined) return Status.notFound;
    if (metric.type === MetricType.histogram) return Status.badArgument;
    if (metric.type === MetricType.counter && delta <= 0n) {
      return Status.badArgument;
    }
    metric.value = (metric.value + delta) & MASK;
    return Status.ok;
  }

  /** Sets a gauge, samples a histogram, adds to a counter. 1 unknown id. */
  record(id: number, value: bigint): Status {
    const metric = this.#metrics.get(id);
    if (metric === undefined) return Status.notFound;
    metric.count++;
    metric.value =
      (metric.type === MetricType.gauge ? value : metric.value + value) & MASK;
    return Status.ok;
  }

  /** The value as a u64: a status if there is no such metric (1) or it is a histogram (2). */
  get(id: number): bigint | Status {
    const metric = this.#metrics.get(id);
    if (metric === undefined) return Status.notFound;
    if (metric.type === MetricType.histogram) return Status.badArgument;
    return metric.value;
  }
}
