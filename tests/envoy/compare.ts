/**
 * What differs between a run and the recording. `deno run -A tests/envoy/compare.ts [theme…] [--case NAME]` runs this
 * host and prints each difference, `--envoy` runs Envoy instead.
 */
import { sleep } from "../../proto/after.ts";
import type { Case } from "./case.ts";
import { THEMES } from "./cases/mod.ts";
import { DIFFERENCES } from "./differences.ts";
import { recorded } from "./recording.ts";
import { onEnvoy, onOurs, run, type Start } from "./run.ts";

/** One case that did not go as recorded: both texts, line by line. */
export interface Mismatch {
  name: string;
  text: string;
}

/** Rests before a case that went otherwise is tried again: milliseconds. */
const RESTS = [0, 1000, 3000, 9000];

/**
 * Runs a theme's cases. A case that goes otherwise is tried again by itself, after longer and longer rests: a busy
 * machine joins what was sent apart. @returns those that still differ.
 */
export async function mismatches(
  theme: string,
  cases: readonly Case[],
  start: Start,
): Promise<Mismatch[]> {
  const expected = await recorded(theme);
  const told = start === onEnvoy ? (_: string, t: string) => t : allowed(theme);
  let left = cases;
  let found: Mismatch[] = [];
  for (const rest of [0, ...RESTS]) {
    if (left.length === 0) break;
    await sleep(rest);
    const texts = await run(left, start);
    found = left.flatMap((one, n) => {
      const want = told(one.name, expected.get(one.name) ?? "not recorded");
      const got = told(one.name, texts[n]!.trimEnd());
      if (want === got) return [];
      return [{ name: one.name, text: side(want, got) }];
    });
    left = left.filter(({ name }) => found.some((one) => one.name === name));
  }
  return found;
}

/** The cases of a theme that this host is compared in. */
export function comparable(theme: string, cases: readonly Case[]): Case[] {
  return cases.filter((one) =>
    DIFFERENCES.every(({ cases, same }) =>
      same !== undefined || !cases.test(`${theme}/${one.name}`)
    )
  );
}

/** A text without what is allowed to differ here; "" where nothing of a case is compared. */
function allowed(theme: string): (name: string, text: string) => string {
  const of = (name: string) =>
    DIFFERENCES.filter(({ cases }) => cases.test(`${theme}/${name}`));
  return (name, text) =>
    of(name).reduce((rest, { same }) => same ? same(rest) : "", text);
}

/** The lines that are in one text only, with what they stand in. */
function side(want: string, got: string): string {
  const [before, after] = [want.split("\n"), got.split("\n")];
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (before[i] === after[j]) {
      if (/^\S/.test(before[i]!)) lines.push(`  ${before[i]}`);
      [i, j] = [i + 1, j + 1];
      continue;
    }
    const skip = after.indexOf(before[i]!, j);
    if (i < before.length && (skip < 0 || skip - j > 20)) {
      lines.push(`- ${before[i++]}`);
    } else lines.push(`+ ${after[j++]}`);
  }
  return lines.join("\n");
}

if (import.meta.main) {
  const only = Deno.args.indexOf("--case");
  const name = only < 0 ? undefined : Deno.args[only + 1];
  const themes = Deno.args.filter((arg) => Object.hasOwn(THEMES, arg));
  const start = Deno.args.includes("--envoy") ? onEnvoy : onOurs;
  for (const [theme, all] of Object.entries(THEMES)) {
    if (themes.length > 0 && !themes.includes(theme)) continue;
    const cases = all.filter((one) => !name || one.name === name);
    if (cases.length === 0) continue;
    const found = await mismatches(theme, cases, start);
    for (const { text } of found) console.log(`${text}\n`);
    console.log(`${theme}: ${found.length} of ${cases.length} differ`);
  }
}
