/** What is wrong with settings or a configuration file, told so that its author can mend it. */

/** Everything found wrong in one go; each problem names the place, what was found and what was expected. */
export class ConfigError extends Error {
  override name = "ConfigError";
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

/** A value as an error shows it: JSON, cut where it gets long. Never give it a secret. */
export function show(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Names as an error lists them: `"a", "b"`. */
export function list(names: Iterable<string>): string {
  return [...names].map((name) => JSON.stringify(name)).join(", ");
}

/**
 * The name of `known` that `name` was probably meant to be: at most two letters off (added, dropped, changed or two
 * swapped), and no more than a third of it; undefined where none is near.
 */
export function nearest(
  name: string,
  known: Iterable<string>,
): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.min(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(normal(name), normal(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** ` (did you mean "x"?)`, or nothing where no name is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const near = nearest(name, known);
  return near === undefined ? "" : ` (did you mean ${JSON.stringify(near)}?)`;
}

/** `http_port`, `httpPort` and `HTTP-PORT` are one name for the eye. */
function normal(name: string): string {
  return name.slice(0, 64).replace(/([a-z])([A-Z])/g, "$1-$2").toLowerCase()
    .replaceAll("_", "-");
}

/** Optimal string alignment distance. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let d = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1) {
        d = Math.min(d, (before[j - 2] ?? 0) + 1);
      }
      next.push(d);
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
