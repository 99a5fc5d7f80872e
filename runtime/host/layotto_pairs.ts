/** Layotto hands a plugin its configuration as a header map of texts (ABI.md §5.3). */
import { encodePairs } from "../../abi/proxywasm/pairs.ts";

export function layottoPairs(
  fields: Readonly<Record<string, string>>,
): Uint8Array {
  return encodePairs(Object.entries(fields));
}
