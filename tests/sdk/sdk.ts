/** How a test that wants guests of some language is registered. */
import { toolchainOf, whyNot } from "./build.ts";

/** Registers a test; it is skipped under a name that says why where there is no compiler for one of `guests`. */
export function withGuests(
  guests: readonly string[],
  name: string,
  fn: () => Promise<void>,
): void {
  const reason = guests.map((guest) => whyNot(toolchainOf(guest)))
    .find((why) => why !== "");
  Deno.test({
    name: reason ? `${name} [skipped: ${reason}]` : name,
    ignore: reason !== undefined,
    fn,
  });
}

/** The plugins that were written with an SDK. */
export const PLUGINS = ["go", "rust", "assemblyscript"];
