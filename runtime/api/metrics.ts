/**
 * A small metrics registry in the Prometheus text format. Families are declared once; a series is looked up once and
 * then counted on directly. The number of series of a family is bounded: labels may come from guests.
 */

/** Series a family may have; further ones share one whose labels all say `other`. */
export const MAX_SERIES = 1000;

export type MetricKind = "counter" | "gauge" | "summary";

/** One series of a counter or gauge. */
export interface Series {
  value: number;
}

/** One series of a summary without quantiles: how often and how much in all. */
export interface SummarySeries {
  count: number;
  sum: number;
}

export class Metrics {
  #families: { write(): string }[] = [];
  #names = new Set<string>();

  /** Declares a counter; its name ends in `_total`. */
  counter(name: string, help: string, labels: readonly string[]) {
    return this.#declare("counter", name, help, labels, () => ({ value: 0 }));
  }

  /**
   * Declares a gauge.
   * @param refresh called before the gauge is written, to set what is only known when asked.
   */
  gauge(
    name: string,
    help: string,
    labels: readonly string[],
    refresh?: (family: Family<Series>) => void,
  ) {
    return this.#declare(
      "gauge",
      name,
      help,
      labels,
      (): Series => ({ value: 0 }),
      refresh,
    );
  }

  /** Declares a summary: `<name>_sum` and `<name>_count`. Names carry their unit, e.g. `_seconds`. */
  summary(name: string, help: string, labels: readonly string[]) {
    return this.#declare(
      "summary",
      name,
      help,
      labels,
      (): SummarySeries => ({ count: 0, sum: 0 }),
    );
  }

  /** All families in the text format, version 0.0.4. */
  write(): string {
    return this.#families.map((family) => family.write()).join("");
  }

  #declare<S extends Series | SummarySeries>(
    kind: MetricKind,
    name: string,
    help: string,
    labels: readonly string[],
    make: () => S,
    refresh?: (family: Family<S>) => void,
  ): Family<S> {
    if (this.#names.has(name)) {
      throw new Error(`metric ${name} is declared twice`);
    }
    this.#names.add(name);
    const family = new Family(kind, name, help, labels, make, refresh);
    this.#families.push(family);
    return family;
  }
}

/** All series of one name. */
export class Family<S extends Series | SummarySeries> {
  #series = new Map<string, { labels: readonly string[]; series: S }>();
  #head: string;
  #name: string;
  #labels: readonly string[];
  #make: () => S;
  #refresh?: (family: Family<S>) => void;

  constructor(
    kind: MetricKind,
    name: string,
    help: string,
    labels: readonly string[],
    make: () => S,
    refresh?: (family: Family<S>) => void,
  ) {
    this.#head = `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`;
    this.#name = name;
    this.#labels = labels;
    this.#make = make;
    this.#refresh = refresh;
  }

  /** The series with these label values, in the order they were declared. Keep it where it is counted often. */
  with(...values: string[]): S {
    const key = keyOf(values);
    let entry = this.#series.get(key);
    if (entry) return entry.series;
    if (this.#series.size >= MAX_SERIES) {
      const other = this.#labels.map(() => "other");
      const shared = this.#series.get(keyOf(other));
      if (shared) return shared.series;
      values = other;
    }
    entry = { labels: values, series: this.#make() };
    this.#series.set(keyOf(values), entry);
    return entry.series;
  }

  /** Forgets all series whose first label is `value`: a function that is gone. */
  forget(value: string): void {
    for (const [key, { labels }] of this.#series) {
      if (labels[0] === value) this.#series.delete(key);
    }
  }

  /** Forgets all series: a gauge that is counted anew. */
  clear(): void {
    this.#series.clear();
  }

  write(): string {
    this.#refresh?.(this);
    let text = this.#head;
    for (const { labels, series } of this.#series.values()) {
      const set = labelSet(this.#labels, labels);
      if ("value" in series) text += `${this.#name}${set} ${series.value}\n`;
      else {
        text += `${this.#name}_sum${set} ${series.sum}\n` +
          `${this.#name}_count${set} ${series.count}\n`;
      }
    }
    return text;
  }
}

function keyOf(values: readonly string[]): string {
  return values.length === 1 ? values[0] ?? "" : JSON.stringify(values);
}

function labelSet(names: readonly string[], values: readonly string[]): string {
  if (names.length === 0) return "";
  const pairs = names.map((name, i) =>
    `${name}="${escapeLabel(values[i] ?? "")}"`
  );
  return `{${pairs.join(",")}}`;
}

/** A label's value, bounded and so that it ends neither its quotes nor its line. */
export function escapeLabel(value: string): string {
  return value.slice(0, 256).toWellFormed().replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
