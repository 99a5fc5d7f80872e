/** `layotto version`. */
import { packaging } from "../runtime/self.ts";
import { VERSION } from "../runtime/version.ts";
import { UsageError } from "./usage.ts";

export function version(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    throw new UsageError(`found ${JSON.stringify(args[0])}, expected nothing`);
  }
  console.log(`layotto ${VERSION} (${packaging()}), Deno ${Deno.version.deno}`);
  return Promise.resolve(0);
}
