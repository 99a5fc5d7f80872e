/** One line of the results: a figure of ours beside its baseline and what the design allows. */

/** What the design allows. A ratio is ours divided by the baseline's; `value` bounds our figure itself, in its unit. */
export interface Budget {
  of: "ratio" | "value";
  bound: "at most" | "at least";
  limit: number;
}

export interface Figure {
  /** Median of the samples. */
  median: number;
  least: number;
  greatest: number;
  samples: number;
}

export interface Row {
  /** Names the row in `misses.ts`; never changes. */
  id: string;
  /** What is measured, and how. */
  what: string;
  /** What the baseline is. */
  baseline: string;
  unit: string;
  theirs?: Figure;
  ours: Figure;
  /** Absent: a figure that no budget bounds. */
  budget?: Budget;
}

export type Verdict = "within" | "within 1.5 ×" | "misses" | "no budget";

/** No budget may be missed by more, whatever the reason (DESIGN, Budgets). */
const TOLERANCE = 1.5;

/** Ours divided by the baseline's, where there is one. */
export function ratioOf({ ours, theirs }: Row): number | undefined {
  return theirs && ours.median / theirs.median;
}

export function verdictOf(row: Row): Verdict {
  const { budget } = row;
  if (!budget) return "no budget";
  const found = budget.of === "ratio" ? ratioOf(row) : row.ours.median;
  if (found === undefined) {
    throw new Error(
      `row ${row.id}: its budget is a ratio, and it has no baseline`,
    );
  }
  const excess = budget.bound === "at most"
    ? found / budget.limit
    : budget.limit / found;
  if (excess <= 1) return "within";
  return excess <= TOLERANCE ? "within 1.5 ×" : "misses";
}

/** A figure of several samples. @throws {Error} on none. */
export function figure(samples: readonly number[]): Figure {
  const sorted = [...samples].sort((a, b) => a - b);
  const at = (index: number): number => {
    const value = sorted[index];
    if (value === undefined) throw new Error("a figure wants a sample");
    return value;
  };
  const middle = sorted.length >> 1;
  return {
    median: sorted.length % 2 === 1
      ? at(middle)
      : (at(middle - 1) + at(middle)) / 2,
    least: at(0),
    greatest: at(sorted.length - 1),
    samples: sorted.length,
  };
}
