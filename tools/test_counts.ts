/** Reads the counts out of what `deno test` printed (its "pretty" reporter, without colours). */

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/**
 * The counts of the last summary line, e.g. `FAILED | 2 passed (1 step) | 1 failed | 1 ignored (4s)`. A file that
 * fails outside its tests is one failure there. Output without such a line counts as one failure.
 */
export function count(output: string): Counts {
  const summaries = output.match(/^(ok|FAILED) \| \d+ passed.*$/gm) ?? [];
  const last = summaries.at(-1);
  if (last === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const failed = numberBefore(last, "failed");
  return {
    passed: numberBefore(last, "passed"),
    failed: last.startsWith("FAILED") ? Math.max(failed, 1) : failed,
    skipped: numberBefore(last, "ignored"),
  };
}

/** Names of the tests that were skipped, with the reason their name carries. */
export function skippedNames(output: string): string[] {
  return [...output.matchAll(/^(\S.*) \.\.\. ignored \(/gm)]
    .map((match) => match[1] ?? "");
}

function numberBefore(line: string, word: string): number {
  return Number(new RegExp(`\\| (\\d+) ${word}`).exec(line)?.[1] ?? 0);
}
