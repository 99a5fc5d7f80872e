/**
 * Where settings come from. A layer is what one place says; `resolve.ts` takes layers in order, the first that names a
 * setting wins. The order of the design, strongest first: flag, environment, the pod's annotation for one container, the
 * pod's annotation, the pod's file, the node's file, default. In a file what is said of one function goes before what is
 * said under `settings`.
 */
import { didYouMean, show } from "./problems.ts";
import { SETTINGS, SETTINGS_BY_NAME } from "./table.ts";

export type LayerKind =
  | "flag"
  | "environment"
  | "container annotation"
  | "annotation"
  | "file"
  | "node"
  | "default";

/** What one place says, by setting name. */
export interface Layer {
  readonly kind: LayerKind;
  readonly values: ReadonlyMap<string, unknown>;
  /** Where this layer says `name`, as a user would look for it. */
  place(name: string): string;
  /** Names here that are no setting, each a whole sentence. */
  readonly problems: readonly string[];
}

/** Prefix of our annotations in Kubernetes; the maps given here have lost it already. */
const ANNOTATION_PREFIX = "layotto.mosn.io/";

/** Flags, by setting name (`flags.ts` reads them from a command line). */
export function flagLayer(flags: Readonly<Record<string, string>>): Layer {
  return makeLayer("flag", Object.entries(flags), (name) => `--${name}`);
}

/** `LAYOTTO_HTTP_PORT=…` and its like; all other variables are left alone, and so are those in `ours`. */
export function environmentLayer(
  env: Readonly<Record<string, string>>,
  ours: readonly string[] = [],
): Layer {
  const entries = Object.entries(env)
    .filter(([name, value]) =>
      name.startsWith("LAYOTTO_") && !ours.includes(name) &&
      !isServiceLink(name, value)
    )
    .map(([name, value]): [string, string] => [
      name.slice("LAYOTTO_".length).toLowerCase().replaceAll("_", "-"),
      value,
    ]);
  return makeLayer("environment", entries, environmentName);
}

/** The variable that says setting `name`. */
export function environmentName(name: string): string {
  return `LAYOTTO_${name.toUpperCase().replaceAll("-", "_")}`;
}

/**
 * Kubernetes puts the addresses of a namespace's services into every container. A service called `layotto` or
 * `layotto-http` would make `LAYOTTO_PORT=tcp://…` or `LAYOTTO_HTTP_PORT=tcp://…`, which is not meant for us.
 */
function isServiceLink(name: string, value: string): boolean {
  return /_SERVICE_(HOST|PORT)(_[A-Z0-9_]+)?$/.test(name) ||
    /_PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?$/.test(name) ||
    name.endsWith("_PORT") && /^(tcp|udp|sctp):\/\//.test(value);
}

/**
 * A pod's annotations, prefix removed, as two layers: those for `container` (`f1.instances`) and those for all. Without
 * a container (the host as a whole) the first is empty. Annotations of other containers are checked for their names only.
 */
export function annotationLayers(
  annotations: Readonly<Record<string, string>>,
  container?: string,
): [Layer, Layer] {
  const mine: [string, string][] = [];
  const all: [string, string][] = [];
  const problems: string[] = [];
  for (const [key, value] of Object.entries(annotations)) {
    const dot = key.indexOf(".");
    if (dot < 0) {
      all.push([key, value]);
      continue;
    }
    const name = key.slice(dot + 1);
    const setting = SETTINGS_BY_NAME.get(name);
    if (!setting) {
      problems.push(
        unknownSetting(`annotation ${ANNOTATION_PREFIX}${key}`, name),
      );
    } else if (setting.scope === "host") {
      problems.push(
        `annotation ${ANNOTATION_PREFIX}${key}: ${name} is a setting of the whole pod, expected ${ANNOTATION_PREFIX}${name}`,
      );
    } else if (key.slice(0, dot) === container) mine.push([name, value]);
  }
  const own = makeLayer(
    "container annotation",
    mine,
    (name) => `annotation ${ANNOTATION_PREFIX}${container}.${name}`,
  );
  return [
    { ...own, problems },
    makeLayer(
      "annotation",
      all,
      (name) => `annotation ${ANNOTATION_PREFIX}${name}`,
    ),
  ];
}

/**
 * What a file says: `settings` of it, or one function's part.
 * @param kind `node` for the node's own file.
 * @param prefix the path in the file with its colon and dot, e.g. `config.json: settings.`
 */
export function fileLayer(
  kind: "file" | "node",
  values: Readonly<Record<string, unknown>>,
  prefix: string,
): Layer {
  return makeLayer(kind, Object.entries(values), (name) => prefix + name);
}

function makeLayer(
  kind: LayerKind,
  entries: Iterable<[string, unknown]>,
  place: (name: string) => string,
): Layer {
  const values = new Map(entries);
  const problems: string[] = [];
  for (const name of values.keys()) {
    if (SETTINGS_BY_NAME.has(name)) continue;
    problems.push(unknownSetting(place(name), name));
  }
  return { kind, values, place, problems };
}

/** `place: found setting "x" (did you mean "y"?), expected one of …`. */
export function unknownSetting(place: string, name: string): string {
  const names = SETTINGS.map((setting) => setting.name);
  const near = didYouMean(name, names);
  return `${place}: found setting ${show(name)}, which is none${
    near || `, expected one of ${names.join(", ")}`
  }`;
}
