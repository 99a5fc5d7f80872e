/** Applies a route's header changes to a list of headers. */
import type { HeaderEdits } from "../config/envoy/route_model.ts";

/** Name in lower case and value. */
export type HeaderPair = readonly [name: string, value: string];

/** The headers after `edits`: removals first, then additions in their order. The list given is left as it is. */
export function editHeaders(
  headers: readonly HeaderPair[],
  edits: HeaderEdits,
): readonly HeaderPair[] {
  if (edits.remove.length === 0 && edits.add.length === 0) return headers;
  let edited = headers.filter(([name]) => !edits.remove.includes(name));
  for (const { name, value, action } of edits.add) {
    const exists = edited.some(([other]) => other === name);
    if (action === "add_if_absent" && exists) continue;
    if (action === "replace" && !exists) continue;
    if (action !== "append") {
      edited = edited.filter(([other]) => other !== name);
    }
    edited.push([name, value]);
  }
  return edited;
}
