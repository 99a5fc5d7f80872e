/**
 * `deno task bench`: builds, measures every budget of the design that exists by now, and writes `bench/RESULTS.md`.
 * Arguments are names of cases (`deno task bench hello demo`); then only those run, and nothing is written.
 */
import { calls } from "./cases/calls.ts";
import { demo } from "./cases/demo.ts";
import { envoy } from "./cases/envoy.ts";
import { filters } from "./cases/filters.ts";
import { firstAnswer } from "./cases/first_answer.ts";
import { hello } from "./cases/hello.ts";
import { hostCalls } from "./cases/host_calls.ts";
import { instances } from "./cases/instances.ts";
import { memory } from "./cases/memory.ts";
import { start } from "./cases/start.ts";
import { type Bench, closeBench, openBench } from "./harness/bench.ts";
import { describeMachine } from "./harness/machine.ts";
import { prepareMachine } from "./harness/packages.ts";
import { fromFileUrl } from "./harness/paths.ts";
import { report, type Results, shortLine } from "./harness/report.ts";
import { MISSES } from "./misses.ts";

const CASES = [
  start,
  firstAnswer,
  memory,
  hello,
  demo,
  calls,
  hostCalls,
  filters,
  envoy,
  instances,
];

const root = fromFileUrl("../..");

if (import.meta.main) await main(Deno.args);

async function main(names: string[]): Promise<void> {
  const unknown = names.find((name) => !CASES.some((it) => it.name === name));
  if (unknown !== undefined) {
    console.error(
      `bench: found ${unknown}, expected names out of: ${
        CASES.map(({ name }) => name).join(", ")
      }`,
    );
    Deno.exit(2);
  }
  const why = await prepareMachine();
  for (const script of ["tools/build_examples.ts", "tools/build.ts"]) {
    await run(script);
  }
  const bench = await openBench();
  try {
    const results = await measure(bench, names, why);
    if (names.length > 0) return;
    const path = fromFileUrl("../RESULTS.md");
    await Deno.writeTextFile(path, report(results, MISSES));
    console.log("bench/RESULTS.md is written");
  } finally {
    await closeBench(bench);
  }
}

/** @param why containerd cannot be run, "" where it can. */
async function measure(
  bench: Bench,
  names: string[],
  why: string,
): Promise<Results> {
  const machine = await describeMachine();
  const results: Results = {
    machine,
    program: await version(bench),
    rows: [],
    skipped: [],
  };
  for (const it of CASES) {
    if (names.length > 0 && !names.includes(it.name)) continue;
    const reason = (it.wantsContainerd ? why : "") || (it.whyNot?.() ?? "");
    if (reason !== "") {
      results.skipped.push(`${it.name}, which ${reason}`);
      continue;
    }
    const began = performance.now();
    const rows = await it.run(bench);
    for (const row of rows) console.log(shortLine(row));
    const seconds = (performance.now() - began) / 1000;
    console.log(`  (${it.name} took ${seconds.toFixed(1)} s)`);
    results.rows.push(...rows);
  }
  return results;
}

async function run(script: string): Promise<void> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script],
    cwd: root,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (!success) throw new Error(`${script} failed, so nothing was measured`);
}

async function version({ layotto }: Bench): Promise<string> {
  const { stdout } = await new Deno.Command(layotto, {
    args: ["version"],
    stdin: "null",
  }).output();
  return new TextDecoder().decode(stdout).trim();
}
