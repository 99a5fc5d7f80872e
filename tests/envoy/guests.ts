/** Paths of the guests that the cases use, by name. */
import { guestPath } from "../sdk/build.ts";
import type { Case } from "./case.ts";

/** Builds what is missing. */
export async function guestsOf(
  cases: readonly Case[],
): Promise<Record<string, string>> {
  const paths: Record<string, string> = {};
  for (const { filters } of cases) {
    for (const { guest = "probe" } of filters) {
      paths[guest] ??= await guestPath(guest);
    }
  }
  return paths;
}
