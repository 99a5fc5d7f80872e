/** Statistics as Envoy's admin endpoints write them: text, JSON and Prometheus. */
import { BUCKET_BOUNDS } from "../../abi/proxywasm/shared/mod.ts";
import { type Histogram, QUANTILES } from "./envoy_histogram.ts";

/** One statistic. Names are Envoy's, with dots; those that plugins define begin with `wasmcustom.`. */
export type EnvoyStat =
  | {
    readonly kind: "counter" | "gauge";
    readonly name: string;
    readonly value: number | bigint;
    /** Whether it was ever written; absent: when it is not 0. */
    readonly used?: boolean;
  }
  | {
    readonly kind: "histogram";
    readonly name: string;
    readonly values: Histogram;
  };

export function isUsed(stat: EnvoyStat): boolean {
  if (stat.kind === "histogram") return stat.values.count > 0;
  return stat.used ?? Number(stat.value) !== 0;
}

type Value = Extract<EnvoyStat, { value: unknown }>;
type Values = Extract<EnvoyStat, { values: unknown }>;

/** Counters and gauges by name, then histograms by name. */
function parts(stats: readonly EnvoyStat[]): [Value[], Values[]] {
  const sorted = stats.toSorted((a, b) => compare(a.name, b.name));
  return [
    sorted.filter((stat) => stat.kind !== "histogram"),
    sorted.filter((stat) => stat.kind === "histogram"),
  ];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** `name: value`, a line each. */
export function statsText(stats: readonly EnvoyStat[]): string {
  const [values, histograms] = parts(stats);
  return values.map(({ name, value }) => `${oneLine(name)}: ${value}\n`).join(
    "",
  ) + histograms.map(({ name, values }) =>
    `${oneLine(name)}: ${quantiles(values)}\n`
  ).join("");
}

/** The value of the last interval, which is not kept here, and of all time. */
function quantiles(values: Histogram): string {
  if (values.count === 0) return "No recorded values";
  return QUANTILES.map((p) => `P${p}(nan,${values.quantile(p)})`).join(" ");
}

/** A guest chooses its statistics' names. */
function oneLine(name: string): string {
  // deno-lint-ignore no-control-regex
  return name.replace(/[\0-\x1f\x7f]/g, "_").toWellFormed();
}

export function statsJson(stats: readonly EnvoyStat[]): string {
  const [values, histograms] = parts(stats);
  // Written by hand, since JSON.stringify knows no 64 bits.
  const items = values.map(({ name, value }) =>
    `{"name":${JSON.stringify(name.toWellFormed())},"value":${value}}`
  );
  if (histograms.length > 0) {
    items.push(JSON.stringify({
      histograms: {
        supported_quantiles: QUANTILES,
        computed_quantiles: histograms.map(({ name, values }) => ({
          name: name.toWellFormed(),
          values: QUANTILES.map((p) => ({
            cumulative: values.count === 0 ? null : values.quantile(p),
            interval: null,
          })),
        })),
      },
    }));
  }
  return `{"stats":[${items.join(",")}]}`;
}

/** A statistic's name without what Envoy makes labels of. */
interface Tagged<S extends EnvoyStat> {
  name: string;
  labels: string;
  stat: S;
}

/** What Envoy takes out of a name for a label; `$1` is the value. The order is that of the labels. */
const TAGS: readonly (readonly [label: string, find: RegExp, keep: string])[] =
  [
    ["envoy_response_code", /(_rq)_(\d{3})$/, "$1"],
    ["envoy_response_code_class", /(_rq_)(\d)xx$/, "$1xx"],
    [
      "envoy_http_conn_manager_prefix",
      /^((?:listener\.[^.]+(?:\.[^.]+)*?\.)?http\.)(.+?)\.(?=[^.]+$)/,
      "$1",
    ],
    [
      "envoy_listener_address",
      /^(listener\.)(?!admin\.)(.+?)\.(?=http\.|[^.]+$)/,
      "$1",
    ],
    ["envoy_cluster_name", /^(cluster\.)([^.]+)\./, "$1"],
    ["envoy_tcp_prefix", /^(tcp\.)(.+?)\.(?=[^.]+$)/, "$1"],
  ];

const CUSTOM = "wasmcustom.";

function tagged<S extends EnvoyStat>(stat: S): Tagged<S> {
  if (stat.name.startsWith(CUSTOM)) {
    const name = promName(stat.name.slice(CUSTOM.length));
    return { name, labels: "", stat };
  }
  let rest = stat.name;
  const labels: string[] = [];
  for (const [label, find, keep] of TAGS) {
    const value = find.exec(rest)?.[2];
    if (value === undefined) continue;
    rest = rest.replace(find, keep);
    labels.push(`${label}="${escapeLabel(value)}"`);
  }
  return { name: promName(`envoy.${rest}`), labels: labels.join(","), stat };
}

function promName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_]/g, "_");
  return /^[0-9]/.test(plain) || plain === "" ? `_${plain}` : plain;
}

function escapeLabel(value: string): string {
  return value.toWellFormed().replaceAll("\\", "\\\\").replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

/** Counters, then gauges, then histograms; each family under its type. */
export function statsPrometheus(stats: readonly EnvoyStat[]): string {
  let text = "";
  for (const kind of ["counter", "gauge", "histogram"] as const) {
    const families = Map.groupBy(
      stats.filter((stat) => stat.kind === kind).map(tagged),
      ({ name }) => name,
    );
    for (const name of [...families.keys()].sort(compare)) {
      text += `# TYPE ${name} ${kind}\n`;
      for (const { labels, stat } of families.get(name) ?? []) {
        text += stat.kind === "histogram"
          ? promHistogram(name, labels, stat.values)
          : `${name}{${labels}} ${stat.value}\n`;
      }
    }
  }
  return text;
}

function promHistogram(
  name: string,
  labels: string,
  values: Histogram,
): string {
  const before = labels === "" ? "" : `${labels},`;
  const line = (bound: string | number, count: number) =>
    `${name}_bucket{${before}le="${bound}"} ${count}\n`;
  return BUCKET_BOUNDS.map((bound) => line(bound, values.upTo(bound))).join(
    "",
  ) +
    line("+Inf", values.count) +
    `${name}_sum{${labels}} ${values.sum}\n` +
    `${name}_count{${labels}} ${values.count}\n`;
}
