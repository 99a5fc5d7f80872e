/**
 * The shim's `start` alone, as containerd calls it for every pod: the whole process, from exec to exit, daemon
 * included as far as `start` waits for it.
 */
import { Box } from "../../tests/e2e/harness/box.ts";
import { mustBe } from "../harness/ask.ts";
import type { Bench, Case } from "../harness/bench.ts";
import { compileC } from "../harness/compile.ts";
import { interleave } from "../harness/interleave.ts";
import { BARE_FLAGS } from "../harness/laptop.ts";
import { baseline } from "../harness/paths.ts";
import { processesWith, sleep } from "../harness/pss.ts";
import { figure, type Row } from "../harness/row.ts";

const ROUNDS = 15;
/** Time for a daemon to have started its host: milliseconds. */
const SETTLE = 150;

interface Cost {
  milliseconds: number;
  /** Greatest resident size: MB. */
  rss: number;
}

export const start: Case = {
  name: "start",
  wantsContainerd: true,
  run: measureStart,
};

async function measureStart(bench: Bench): Promise<Row[]> {
  const tool = await compileC(bench, "measure");
  const box = await Box.open();
  try {
    const extraction = await measured(box, [tool, bench.shim, "-v"]);
    // The first of each fills the caches of Deno and of the kernel.
    await oursOnce(bench, box, tool);
    await theirsOnce(bench, box, tool);
    const { theirs, ours } = await interleave(
      ROUNDS,
      () => theirsOnce(bench, box, tool),
      () => oursOnce(bench, box, tool),
    );
    return rowsOf(theirs, ours, extraction);
  } finally {
    await box.close();
  }
}

function rowsOf(theirs: Cost[], ours: Cost[], extraction: Cost): Row[] {
  const time = (costs: Cost[]) => figure(costs.map((it) => it.milliseconds));
  const rss = (costs: Cost[]) => figure(costs.map((it) => it.rss));
  return [{
    id: "start-time",
    what: "`start`, whole process, exec to exit",
    baseline: "empty Deno program",
    unit: "ms",
    theirs: time(theirs),
    ours: time(ours),
    budget: { of: "ratio", bound: "at most", limit: 2.5 },
  }, {
    id: "start-rss",
    what: "`start`, greatest resident size, without the daemon it leaves",
    baseline: "empty Deno program",
    unit: "MB",
    theirs: rss(theirs),
    ours: rss(ours),
    budget: { of: "value", bound: "at most", limit: 40 },
  }, {
    id: "first-call",
    what: "the very first call of a version on a machine",
    baseline: "–",
    unit: "ms",
    ours: time([extraction]),
  }];
}

async function theirsOnce(
  bench: Bench,
  box: Box,
  tool: string,
): Promise<Cost> {
  const command = [bench.deno, ...BARE_FLAGS, baseline("empty.js")];
  return await measured(box, [tool, ...command]);
}

async function oursOnce(bench: Bench, box: Box, tool: string): Promise<Cost> {
  const bundle = await Deno.makeTempDir({ dir: bench.folder });
  await writeBundle(bundle);
  const id = bundle.slice(bundle.lastIndexOf("/") + 1);
  const flags = ["-namespace", "bench", "-address", `${bundle}/c.sock`];
  flags.push("-publish-binary", "/usr/bin/containerd", "-id", id);
  const call = [tool, bench.shim, ...flags, "start"];
  const cost = await measured(box, ["env", "-C", bundle, ...call]);
  const address = await Deno.readTextFile(`${bundle}/address`);
  const socket = await Deno.stat(box.path(address.replace("unix://", "")));
  mustBe("what start has left", `${socket.isSocket}`, "true");
  await endDaemon(box);
  return cost;
}

/** Ends the daemon that `start` has left, and its host, so that the next sample has the machine for itself. */
async function endDaemon(box: Box): Promise<void> {
  const left = () => processesWith(["daemon", "host"], box.path("/proc"));
  await sleep(SETTLE);
  for (const pid of left()) await box.kill(pid, "KILL").catch(() => {});
  while (left().length > 0) await sleep(10);
}

async function measured(box: Box, command: string[]): Promise<Cost> {
  const { code, stdout, stderr } = await box.run(command);
  mustBe(`exit code of ${command.join(" ")}: ${stderr}`, `${code}`, "0");
  const [nanoseconds = NaN, kibibytes = NaN] = stdout.trim().split(" ")
    .map(Number);
  return { milliseconds: nanoseconds / 1e6, rss: kibibytes * 1024 / 1e6 };
}

async function writeBundle(bundle: string): Promise<void> {
  await Deno.mkdir(`${bundle}/rootfs`, { recursive: true });
  await Deno.writeTextFile(
    `${bundle}/config.json`,
    JSON.stringify({
      ociVersion: "1.0.2",
      process: { args: ["/function.wasm"], env: [], cwd: "/" },
      root: { path: "rootfs" },
      linux: { namespaces: [{ type: "network" }] },
    }),
  );
}
