/** Properties below `node`: what a configuration says of the host itself, as Envoy answers them. */
import type { NodeFacts } from "../host.ts";
import { encodePairs, type Pair } from "./pairs.ts";
import { bool, double, type PropertyValue, text } from "./property_values.ts";
import { decodeByteString } from "../text.ts";

const LOCALITY = {
  region: "region",
  zone: "zone",
  sub_zone: "subZone",
} as const;

/** The value at `path`, whose segments are joined by zero bytes and begin with `node`; undefined for none. */
export function nodeProperty(
  node: NodeFacts,
  path: string,
): PropertyValue | undefined {
  const [, name, ...rest] = path.split("\0");
  switch (name) {
    case "id":
    case "cluster":
      return rest.length === 0 && node[name] !== ""
        ? text(node[name])
        : undefined;
    case "locality": {
      const [field, ...more] = rest;
      if (field === undefined || more.length > 0) return undefined;
      return Object.hasOwn(LOCALITY, field)
        ? text(node.locality[LOCALITY[field as keyof typeof LOCALITY]])
        : undefined;
    }
    case "metadata":
      return valueAt(node.metadata, rest);
  }
  return undefined;
}

function valueAt(
  value: unknown,
  path: readonly string[],
): PropertyValue | undefined {
  for (const segment of path) {
    if (typeof value !== "object" || value === null) return undefined;
    // Names are UTF-8 on the wire, and must not find what objects have by themselves.
    const key = Object.keys(value).find((key) => text(key) === segment);
    if (key === undefined) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return encoded(value);
}

/** Text raw, numbers as doubles; a map as pairs, a list as pairs without values (ABI.md §4.2). */
function encoded(value: unknown): PropertyValue | undefined {
  if (typeof value === "string") return text(value);
  if (typeof value === "number") return double(value);
  if (typeof value === "boolean") return bool(value);
  if (typeof value !== "object" || value === null) return undefined;
  const pairs: Pair[] = [];
  for (const [key, item] of Object.entries(value)) {
    const inner = encoded(item);
    if (inner === undefined) return undefined;
    const bytes = typeof inner === "string"
      ? inner
      : decodeByteString(inner, 0, inner.length);
    pairs.push(Array.isArray(value) ? [bytes, ""] : [text(key), bytes]);
  }
  return encodePairs(pairs);
}
