/**
 * Metrics that guests define, in the Prometheus text format beside our own: under the name that the guest gave, made
 * valid; a metric whose name had to be changed has the original as label `name`. Label `vm_id` says whose it is. Tags
 * that a guest puts into a name, as SDK examples for Envoy do, stay there: only Envoy's own configuration says which
 * parts are tags.
 */
import { BUCKET_BOUNDS, type Metric } from "../../abi/proxywasm/shared/mod.ts";
import { escapeLabel } from "./metrics.ts";

/** What is written at most, in characters; then a comment says that there is more. */
export const MAX_GUEST_METRICS = 4 * 1024 * 1024;

/** By `proxy_metric_type_t`. */
const TYPES = ["counter", "gauge", "histogram"] as const;
type TypeName = typeof TYPES[number];

interface Series {
  labels: string;
  metric: Metric;
}

interface Family {
  name: string;
  type: TypeName;
  series: Series[];
}

/** The metrics of every VM id, by name. */
export function guestMetrics(
  spaces: Iterable<[vmId: Uint8Array, metrics: Iterable<Metric>]>,
): string {
  const decoder = new TextDecoder();
  const all: [whose: string, Metric][] = [];
  for (const [vmId, metrics] of spaces) {
    const whose = `vm_id="${escapeLabel(decoder.decode(vmId))}"`;
    // The store has the newest first.
    for (const metric of [...metrics].reverse()) all.push([whose, metric]);
  }
  const families = new Families();
  for (const type of ["histogram", "counter", "gauge"] as const) {
    for (const [whose, metric] of all) {
      if (TYPES[metric.type] !== type) continue;
      const name = decoder.decode(metric.name);
      const family = families.of(validName(name), type);
      const labels = family.name === name
        ? whose
        : `${whose},name="${escapeLabel(name)}"`;
      family.series.push({ labels, metric });
    }
  }
  return write(families.all);
}

/** Families by name. Histograms come first, since each takes several names. */
class Families {
  readonly #byName = new Map<string, Family>();
  /** Names of histograms' lines. */
  readonly #lines = new Set<string>();

  get all(): Iterable<Family> {
    return this.#byName.values();
  }

  /** The family of that name and type: where the name is another's, it gets the type as an ending. */
  of(name: string, type: TypeName): Family {
    for (;; name += `_${type}`) {
      if (this.#lines.has(name)) continue;
      const family = this.#byName.get(name);
      if (family === undefined) return this.#add({ name, type, series: [] });
      if (family.type === type) return family;
    }
  }

  #add(family: Family): Family {
    this.#byName.set(family.name, family);
    if (family.type === "histogram") {
      for (const end of ["bucket", "sum", "count"]) {
        this.#lines.add(`${family.name}_${end}`);
      }
    }
    return family;
  }
}

/** Names of ours begin with `layotto_`; a guest's must not. */
function validName(name: string): string {
  const valid = name.replaceAll(/[^a-zA-Z0-9_:]/g, "_").replace(
    /^\d|^$/,
    "_$&",
  );
  return valid.startsWith("layotto_") ? `guest_${valid}` : valid;
}

function write(families: Iterable<Family>): string {
  let text = "";
  for (const { name, type, series } of families) {
    text += `# TYPE ${name} ${type}\n`;
    for (const { labels, metric } of series) {
      text += type === "histogram"
        ? histogram(name, labels, metric)
        : `${name}{${labels}} ${metric.value}\n`;
      if (text.length > MAX_GUEST_METRICS) {
        return `${text}# more metrics of guests are left out: the text is over ${MAX_GUEST_METRICS} characters\n`;
      }
    }
  }
  return text;
}

function histogram(name: string, labels: string, metric: Metric): string {
  let text = "";
  let count = 0n;
  metric.buckets.forEach((samples, i) => {
    count += samples;
    const bound = BUCKET_BOUNDS[i] ?? "+Inf";
    text += `${name}_bucket{${labels},le="${bound}"} ${count}\n`;
  });
  return `${text}${name}_sum{${labels}} ${metric.value}\n` +
    `${name}_count{${labels}} ${count}\n`;
}
