/** Envoy itself against the recordings: they say what this release does, and go on saying it. */
import assert from "node:assert/strict";
import { whyNot } from "../sdk/build.ts";
import { C } from "../sdk/toolchains/c.ts";
import { THEMES } from "./cases/mod.ts";
import { type Mismatch, mismatches } from "./compare.ts";
import { whyNoEnvoy } from "./envoy.ts";
import { onEnvoy } from "./run.ts";

/** Themes that run at the same time, each lane one after another: most of the time nothing is computed. */
const LANES = 3;

const reason = whyNoEnvoy() || whyNot(C);
const names = Object.keys(THEMES);
const runs = new Map<string, Promise<Mismatch[]>>();

/** Starts everything at the first call, so that the tests below only wait. */
function found(theme: string): Promise<Mismatch[]> {
  if (runs.size === 0) {
    const lanes = Array.from({ length: LANES }, () => Promise.resolve());
    names.forEach((name, n) => {
      const run = lanes[n % LANES]!.then(() =>
        mismatches(name, THEMES[name]!, onEnvoy)
      );
      runs.set(name, run);
      lanes[n % LANES] = run.then(() => {}, () => {});
    });
  }
  return runs.get(theme)!;
}

for (const theme of names) {
  const name = `Envoy does what is recorded of it: ${theme}`;
  Deno.test({
    name: reason === "" ? name : `${name} [skipped: ${reason}]`,
    ignore: reason !== "",
    sanitizeOps: false,
    sanitizeResources: false,
    async fn() {
      const texts = (await found(theme)).map(({ text }) => text);
      assert.equal(texts.length, 0, texts.join("\n\n"));
    },
  });
}
