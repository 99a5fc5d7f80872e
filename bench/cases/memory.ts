/** Memory of a pod: shim and host with the hello function, beside two bare Deno processes of which one has a worker. */
import type { Bench, Case } from "../harness/bench.ts";
import { compileC } from "../harness/compile.ts";
import { BARE_FLAGS } from "../harness/laptop.ts";
import { baseline } from "../harness/paths.ts";
import { Pods } from "../harness/pods.ts";
import { processesWith, pss, sleep } from "../harness/pss.ts";
import { figure, type Row } from "../harness/row.ts";

/** Time to come to rest after the last request, in which a pod gives back what only its start took: milliseconds. */
const REST = 12_000;

export const memory: Case = {
  name: "memory",
  wantsContainerd: true,
  run: measureMemory,
};

async function measureMemory(bench: Bench): Promise<Row[]> {
  const server = await compileC(bench, "server");
  // Never both sides at once: they run the same executable, and each would carry part of the other's pages.
  const rows: Row[] = [];
  for (const count of [1, 20]) {
    const theirs = await barePairs(bench, count);
    const ours = await ourPods(server, count);
    rows.push(...rowsOf(count, theirs, ours));
  }
  return rows;
}

function rowsOf(count: number, theirs: number, ours: number): Row[] {
  const common = {
    what: `memory (PSS) of a pod's shim and host, ${
      count === 1 ? "one pod" : `each of ${count} pods`
    }`,
    baseline: "two bare Deno, one with a worker",
    unit: "MB",
    theirs: figure([theirs]),
    ours: figure([ours]),
  };
  const ratio: Row = {
    ...common,
    id: `memory-${count}`,
    budget: { of: "ratio", bound: "at most", limit: 1.25 },
  };
  if (count === 1) return [ratio];
  return [ratio, {
    ...common,
    id: `memory-${count}-absolute`,
    theirs: undefined,
    baseline: "–",
    budget: { of: "value", bound: "at most", limit: 34 },
  }];
}

async function barePairs(bench: Bench, count: number): Promise<number> {
  const children = Array.from({ length: count }, () => [
    idle(bench),
    idle(bench, "worker"),
  ]).flat();
  try {
    await sleep(REST + 100 * count);
    return sum(children.map(({ pid }) => pss(pid))) / count;
  } finally {
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.map((child) => child.status));
  }
}

function idle(bench: Bench, ...args: string[]): Deno.ChildProcess {
  return new Deno.Command(bench.deno, {
    args: [...BARE_FLAGS, baseline("idle.js"), ...args],
    stdin: "null",
    stdout: "null",
  }).spawn();
}

async function ourPods(server: string, count: number): Promise<number> {
  const pods = await Pods.open(server);
  try {
    await pods.run("ours", count);
    await sleep(REST);
    const proc = pods.containerd.box.path("/proc");
    const pids = processesWith(["daemon", "host"], proc);
    if (pids.length !== 2 * count) {
      throw new Error(
        `found ${pids.length} processes of ${count} pods, expected two each`,
      );
    }
    const total = sum(pids.map((pid) => pss(pid, proc)));
    await pods.clear();
    return total / count;
  } finally {
    await pods.close();
  }
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
