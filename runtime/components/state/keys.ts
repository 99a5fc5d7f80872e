/** Which key a store has for a guest's: Layotto's prefix rule (ABI.md §5.1). */
import { StoreError } from "./store.ts";

/** Between prefix and key, and so refused inside either. */
const SEPARATOR = "||";

/** Greatest key, UTF-16 units. */
export const MAX_KEY = 64 * 1024;

/**
 * A function from guest's keys to stored ones.
 * @param keyPrefix the store's metadata: `none` (default) leaves keys as they are, `name` puts the store's name before
 *   them, `appid` the application's id where there is one, anything else itself in lower case, as Layotto does.
 * @throws {StoreError} a prefix with the separator; the result throws likewise for such keys.
 */
export function keyMapper(
  store: string,
  keyPrefix: string | undefined,
  appId: string,
): (key: string) => string {
  checkKey(keyPrefix ?? "");
  const prefix = prefixOf(store, (keyPrefix ?? "").toLowerCase(), appId);
  return (key) => {
    checkKey(key);
    return prefix === "" ? key : prefix + SEPARATOR + key;
  };
}

function prefixOf(store: string, strategy: string, appId: string): string {
  switch (strategy) {
    case "":
    case "none":
      return "";
    case "name":
      return store;
    case "appid":
      return appId;
    default:
      return strategy;
  }
}

function checkKey(key: string): void {
  if (key.length > MAX_KEY) {
    throw new StoreError(
      `found a key of ${key.length} characters, expected at most ${MAX_KEY}`,
    );
  }
  if (key.includes(SEPARATOR)) {
    throw new StoreError(
      `input key/keyPrefix '${key}' can't contain '${SEPARATOR}'`,
    );
  }
}
