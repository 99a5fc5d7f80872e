/** The quickstart as a user has it: `id_1` calls `id_2`, which reads the embedded store. No budget bounds it. */
import type { Bench, Case } from "../harness/bench.ts";
import { interleave } from "../harness/interleave.ts";
import { startBare, startLayotto } from "../harness/laptop.ts";
import { baseline, example } from "../harness/paths.ts";
import { figure, type Row } from "../harness/row.ts";
import { seedStore } from "../harness/store.ts";
import { load, type Measured } from "../harness/wrk.ts";

const ROUNDS = 3;

export const demo: Case = {
  name: "demo",
  wantsContainerd: false,
  run: measureDemo,
};

async function measureDemo(bench: Bench): Promise<Row[]> {
  const data = `${bench.folder}/demo`;
  await Deno.mkdir(data);
  await seedStore(data);
  const layotto = await startLayotto(bench, {
    functions: { id_1: example("id_1"), id_2: example("id_2") },
    state: { state_demo: "sqlite" },
  }, data);
  const bare = await startBare(bench, baseline("serve.js"));
  const theirLoad = (connections: number, seconds: number) =>
    load(bench, bare, { connections, seconds, body: "hello" });
  const ourLoad = (connections: number, seconds: number) =>
    load(bench, layotto, {
      connections,
      seconds,
      path: "/?name=book1",
      id: "id_1",
      body: "There are 100 inventories for book1.",
    });
  try {
    await theirLoad(32, 1);
    await ourLoad(32, 1);
    const rows: Row[] = [];
    for (const connections of [1, 32]) {
      const { theirs, ours } = await interleave(
        ROUNDS,
        () => theirLoad(connections, 2),
        () => ourLoad(connections, 2),
      );
      rows.push(...rowsOf(connections, theirs, ours));
    }
    return rows;
  } finally {
    await bare.stop();
    await layotto.stop();
  }
}

function rowsOf(
  connections: number,
  theirs: Measured[],
  ours: Measured[],
): Row[] {
  const clients = connections === 1 ? "1 client" : `${connections} clients`;
  const row = (name: string, what: keyof Measured, unit: string): Row => ({
    id: `demo-${what}-${connections}`,
    what: `demo (function → function → embedded store), ${clients}: ${name}`,
    baseline: "bare `Deno.serve`",
    unit,
    theirs: figure(theirs.map((it) => it[what])),
    ours: figure(ours.map((it) => it[what])),
  });
  return [
    row("requests", "rate", "requests/s"),
    row("half are answered within", "p50", "µs"),
    row("CPU time of the server for a request", "cpu", "µs"),
  ];
}
