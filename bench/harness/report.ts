/** Writes the results for people: a table, then why what misses its budget misses it. */
import type { Machine } from "./machine.ts";
import {
  type Budget,
  type Figure,
  ratioOf,
  type Row,
  verdictOf,
} from "./row.ts";

export interface Results {
  machine: Machine;
  /** How the program that was measured is packaged, as it says itself. */
  program: string;
  rows: Row[];
  /** Cases that could not be run here, with the reason. */
  skipped: string[];
}

/** @param reasons row id to why it misses and what would fix it. @throws {Error} on a miss without a reason. */
export function report(
  { machine, program, rows, skipped }: Results,
  reasons: Readonly<Record<string, string>>,
): string {
  const misses = rows.filter((row) =>
    ["misses", "within 1.5 ×"].includes(verdictOf(row))
  );
  return `# Bench results

Written by \`deno task bench\`; do not edit. Every figure is measured in one run, ours and the baseline in turn; a figure
is the median, in parentheses the least and the greatest of the samples. Budgets are those of the design; none may be
missed by more than 1.5 ×.

- ${machine.date}
- ${machine.cpu}, ${machine.cores} cores, load average ${machine.load} when it began
- Linux ${machine.kernel}, Deno ${machine.deno}
- a read at random in 256 KB takes ${
    machine.memory.near.toFixed(0)
  } ns, in 4 MB ${
    machine.memory.far.toFixed(0)
  } ns: where the latter is above 40, others have the
  third-level cache, and whoever runs more code for a request loses more
- ${program}

| what | baseline | measured | ours | ratio | budget | verdict |
| --- | --- | --- | --- | --- | --- | --- |
${rows.map(line).join("\n")}
${skipped.map((text) => `\nNot measured: ${text}.\n`).join("")}
## What misses, and why

${
    misses.length === 0
      ? "Nothing.\n"
      : misses.map((row) => why(row, reasons)).join("\n")
  }`;
}

/** The figures as they come, for the terminal. */
export function shortLine(row: Row): string {
  const ratio = ratioOf(row);
  const parts = [
    `${row.id}: ${figureText(row.ours, row.unit)}`,
    row.theirs && `${row.baseline} ${figureText(row.theirs, row.unit)}`,
    ratio !== undefined && `ratio ${number(ratio)}`,
    row.budget &&
    `budget ${budgetText(row.budget, row.unit)}: ${verdictOf(row)}`,
  ];
  return parts.filter(Boolean).join("; ");
}

function line(row: Row): string {
  const ratio = ratioOf(row);
  const cells = [
    row.what,
    row.baseline,
    row.theirs ? figureText(row.theirs, row.unit) : "–",
    figureText(row.ours, row.unit),
    ratio === undefined ? "–" : number(ratio),
    row.budget ? budgetText(row.budget, row.unit) : "–",
    verdictOf(row),
  ];
  return `| ${cells.join(" | ")} |`;
}

function why(row: Row, reasons: Readonly<Record<string, string>>): string {
  const reason = reasons[row.id] ??
    `no reason is known yet: add one to bench/misses.ts under \`${row.id}\``;
  return `- **${row.what}** (${verdictOf(row)}): ${reason}\n`;
}

function budgetText({ of, bound, limit }: Budget, unit: string): string {
  const sign = bound === "at most" ? "≤" : "≥";
  return of === "ratio" ? `${sign} ${limit} ×` : `${sign} ${limit} ${unit}`;
}

function figureText(
  { median, least, greatest, samples }: Figure,
  unit: string,
): string {
  const spread = samples > 1 ? ` (${number(least)}–${number(greatest)})` : "";
  return `${number(median)} ${unit}${spread}`;
}

/** Three digits that count; whole numbers from a hundred on. */
function number(value: number): string {
  return Math.abs(value) >= 100
    ? Math.round(value).toLocaleString("en").replaceAll(",", " ")
    : value.toPrecision(3);
}
