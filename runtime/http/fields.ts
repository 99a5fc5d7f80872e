/** Fields of HTTP messages: what they may hold, and which belong to one connection (RFC 9110 §5, §7.6.1). */

import { isFieldValue, isToken } from "../../abi/field.ts";

/** A field: name and value as byte strings (`abi/text.ts`), pseudo fields (`:path`, `:status`) first. */
export type Pair = [name: string, value: string];

/** Fields that say something of one connection, and are never passed on. */
const HOP_BY_HOP = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Whether a field is of one connection only; `name` in lower case. A proxy drops these in both directions. */
export function isHopByHop(name: string): boolean {
  return HOP_BY_HOP.has(name);
}

/** Whether HTTP can carry the field. */
export function isField(name: string, value: string): boolean {
  return isToken(name) && isFieldValue(value);
}

/** The length that a `content-length` says, undefined where that is none. */
export function lengthOf(said: string | undefined): number | undefined {
  return said !== undefined && /^[0-9]{1,15}$/.test(said)
    ? Number(said)
    : undefined;
}

/** Names and values by turns, as `node:http2` has them. */
export function pairsOf(list: readonly string[]): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i + 1 < list.length; i += 2) {
    pairs.push([list[i]!, list[i + 1]!]);
  }
  return pairs;
}

/** The values of all fields of that name, in their order. */
export function valuesOf(fields: readonly Pair[], wanted: string): string[] {
  const values: string[] = [];
  for (const [name, value] of fields) if (name === wanted) values.push(value);
  return values;
}
