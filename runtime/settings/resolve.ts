/** Who wins: values out of layers, each with where it came from. No I/O. */
import type { Layer, LayerKind } from "./layers.ts";
import { ConfigError, didYouMean, list, show } from "./problems.ts";
import {
  type FunctionSettings,
  type HostSettings,
  inScope,
  type Setting,
  SETTINGS,
  SETTINGS_BY_NAME,
} from "./table.ts";
import { readValue } from "./value.ts";

/** Where a value came from. */
export interface Origin {
  kind: LayerKind;
  /** `--http-port`, `LAYOTTO_HTTP_PORT`, `config.json: settings.http-port`, … or `default`. */
  place: string;
  /** Set where the node's ceiling lowered the value: what was wanted, and where the ceiling stands. */
  capped?: { wanted: number; place: string };
}

/** Settings with their origins, by the same names. */
export interface Resolved<T> {
  values: T;
  origins: { readonly [N in keyof T]: Origin };
}

/** The node's caps: setting name to number, checked by `readCeiling`. */
export interface Ceiling {
  readonly caps: ReadonlyMap<string, number>;
  /** Path of the ceiling in its file, e.g. `/etc/layotto/config.json: ceiling`. */
  readonly place: string;
}

/**
 * The host's settings. Layers come strongest first; those absent may be left out as undefined.
 * @throws {ConfigError} unknown names and bad values, all of them at once.
 */
export function resolveHost(
  layers: readonly (Layer | undefined)[],
  ceiling?: Ceiling,
): Resolved<HostSettings> {
  return resolve("host", layers, ceiling) as unknown as Resolved<HostSettings>;
}

/** One function's settings; otherwise as `resolveHost`. */
export function resolveFunction(
  layers: readonly (Layer | undefined)[],
  ceiling?: Ceiling,
): Resolved<FunctionSettings> {
  return resolve("function", layers, ceiling) as unknown as Resolved<
    FunctionSettings
  >;
}

/**
 * The node's `ceiling` object.
 * @param place its path, e.g. `/etc/layotto/config.json: ceiling`.
 * @throws {ConfigError} a name that is no limit, or a value that is none.
 */
export function readCeiling(
  values: Readonly<Record<string, unknown>>,
  place: string,
): Ceiling {
  const limits = SETTINGS.filter((s: Setting) => s.ceiling).map((s) => s.name);
  const caps = new Map<string, number>();
  const problems: string[] = [];
  for (const [name, found] of Object.entries(values)) {
    const setting = SETTINGS_BY_NAME.get(name);
    if (!setting?.ceiling) {
      problems.push(
        `${place}.${name}: found ${show(name)}${
          didYouMean(name, limits)
        }, expected a limit, one of ${list(limits)}`,
      );
      continue;
    }
    const { leastCeiling = setting.min } = setting;
    const read = readValue({ ...setting, min: leastCeiling }, found);
    if (!read.ok) problems.push(`${place}.${name}: ${read.problem}`);
    else caps.set(name, Number(read.value));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { caps, place };
}

function resolve(
  scope: "host" | "function",
  layers: readonly (Layer | undefined)[],
  ceiling: Ceiling | undefined,
): Resolved<Record<string, string | number>> {
  const present = layers.filter((layer) => layer !== undefined);
  const problems = present.flatMap((layer) => layer.problems);
  const values: Record<string, string | number> = {};
  const origins: Record<string, Origin> = {};
  for (const setting of SETTINGS as readonly Setting[]) {
    if (!inScope(setting, scope)) continue;
    const { name } = setting;
    const layer = present.find((layer) => layer.values.has(name));
    const origin: Origin = layer
      ? { kind: layer.kind, place: layer.place(name) }
      : { kind: "default", place: "default" };
    let value = setting.default;
    if (layer) {
      const read = readValue(setting, layer.values.get(name));
      if (!read.ok) {
        problems.push(`${origin.place}: ${read.problem}`);
        continue;
      }
      value = read.value;
    }
    const cap = ceiling?.caps.get(name);
    if (cap !== undefined && typeof value === "number" && value > cap) {
      origin.capped = { wanted: value, place: `${ceiling?.place}.${name}` };
      value = cap;
    }
    values[name] = value;
    origins[name] = origin;
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { values, origins };
}

/** An origin in words, for `layotto inspect --config` and the log. */
export function describeOrigin(origin: Origin): string {
  return origin.capped === undefined
    ? origin.place
    : `${origin.place} asked for ${origin.capped.wanted}, capped by ${origin.capped.place}`;
}
