/** What `layotto start` runs where no configuration is given: the two functions of the quickstart. */
import type { StateStores } from "../runtime/components/state/stores.ts";
import { packaging } from "../runtime/self.ts";
import { UsageError } from "./usage.ts";

const STORE = "state_demo";
const KEY = "book1";
const VALUE = "100";

/**
 * The demo's configuration file.
 * @throws {UsageError} where there are no sources beside us: a build does not carry the examples.
 */
export function demoConfig(): string {
  if (packaging() !== "source") {
    throw new UsageError(
      "found no configuration, expected -c FILE (the demo comes with the sources: deno task start)",
    );
  }
  const url = new URL("../examples/config.json", import.meta.url);
  return decodeURIComponent(url.pathname);
}

/** Puts the demo's one book into its store, unless it is there. */
export async function putDemoBook(stores: StateStores): Promise<void> {
  const { store, storedKey } = await stores.get(STORE);
  await store.setIfAbsent(storedKey(KEY), new TextEncoder().encode(VALUE));
}
