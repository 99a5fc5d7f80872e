/** This host against the recordings: behind the same file and asked the same, it does what Envoy did. */
import assert from "node:assert/strict";
import { toolchainOf, whyNot } from "../sdk/build.ts";
import type { Case } from "./case.ts";
import { THEMES } from "./cases/mod.ts";
import { comparable, mismatches } from "./compare.ts";
import { onOurs } from "./run.ts";

/** Why a theme cannot be run here: "" where it can. */
function whyNotTheme(cases: readonly Case[]): string {
  const guests = cases.flatMap(({ filters }) =>
    filters.map(({ guest = "probe" }) => guest)
  );
  return guests.map((guest) => whyNot(toolchainOf(guest)))
    .find((reason) => reason !== "") ?? "";
}

for (const [theme, all] of Object.entries(THEMES)) {
  const cases = comparable(theme, all);
  if (cases.length === 0) continue;
  const reason = whyNotTheme(cases);
  const name = `this host does what Envoy did: ${theme}`;
  Deno.test({
    name: reason === "" ? name : `${name} [skipped: ${reason}]`,
    ignore: reason !== "",
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const texts = (await mismatches(theme, cases, onOurs))
        .map(({ text }) => text);
      assert.equal(texts.length, 0, texts.join("\n\n"));
    },
  });
}
