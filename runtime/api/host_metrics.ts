/** The metrics of a host: what `/metrics` shows, and the two calls that feed it. */
import {
  type Family,
  Metrics,
  type Series,
  type SummarySeries,
} from "./metrics.ts";

/** What is only known when asked. */
export interface MetricSources {
  /** Instances by function id. */
  instances(): Iterable<readonly [string, number]>;
  /** Resident memory of the host process, bytes. */
  memory(): number;
}

export class HostMetrics {
  #metrics = new Metrics();
  #requests: Family<Series>;
  #durations: Family<SummarySeries>;

  constructor(sources: MetricSources) {
    this.#requests = this.#metrics.counter(
      "layotto_requests_total",
      "HTTP requests answered, by function and class of status.",
      ["function", "code"],
    );
    this.#durations = this.#metrics.summary(
      "layotto_request_duration_seconds",
      "Time from a request's arrival to its answer.",
      ["function"],
    );
    this.#metrics.gauge(
      "layotto_function_instances",
      "Instances a function has.",
      ["function"],
      (family) => {
        family.clear();
        for (const [id, n] of sources.instances()) family.with(id).value = n;
      },
    );
    this.#metrics.gauge(
      "layotto_memory_bytes",
      "Resident memory of the host process.",
      [],
      (family) => family.with().value = sources.memory(),
    );
  }

  /**
   * Counts answered requests of one function, one or many at once (isolates report in batches).
   * @param id the function's id, "" where none was found.
   * @param status any of the class: 200, 404, …
   * @param seconds in all.
   */
  count(id: string, status: number, seconds: number, requests = 1): void {
    this.#requests.with(id, statusClass(status)).value += requests;
    const duration = this.#durations.with(id);
    duration.count += requests;
    duration.sum += seconds;
  }

  /** Drops the series of a function that is gone. */
  forget(id: string): void {
    this.#requests.forget(id);
    this.#durations.forget(id);
  }

  /** All of it, in the Prometheus text format. */
  write(): string {
    return this.#metrics.write();
  }
}

function statusClass(status: number): string {
  return status >= 100 && status < 600
    ? `${Math.trunc(status / 100)}xx`
    : "other";
}
