/**
 * `deno run -A tests/envoy/record.ts [theme…]` writes `recorded/<theme>.txt`: what Envoy does in each case of that
 * theme.
 */
import { THEMES } from "./cases/mod.ts";
import { record } from "./recording.ts";
import { onEnvoy, run } from "./run.ts";

if (import.meta.main) {
  for (const [theme, cases] of Object.entries(THEMES)) {
    if (Deno.args.length > 0 && !Deno.args.includes(theme)) continue;
    await record(theme, await run(cases, onEnvoy));
    console.log(`${theme}: ${cases.length} cases`);
  }
}
