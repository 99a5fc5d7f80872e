/**
 * What a guest waits for a call that leaves its isolate: a get from the embedded store, an invocation of another
 * function. The guest itself takes the time, so HTTP is not in it. All on one core, ours and the baseline.
 */
import { ask, mustBe } from "../harness/ask.ts";
import type { Bench, Case } from "../harness/bench.ts";
import { compileGuest } from "../harness/compile.ts";
import { startLayotto } from "../harness/laptop.ts";
import { keepOnOneCore } from "../harness/one_core.ts";
import { example } from "../harness/paths.ts";
import { figure, type Row } from "../harness/row.ts";
import { Script } from "../harness/script.ts";
import type { Server } from "../harness/server.ts";
import { seedStore } from "../harness/store.ts";

/** Calls in one sample. */
const COUNT = 1000;
const ROUNDS = 12;

export const calls: Case = {
  name: "calls",
  wantsContainerd: false,
  run: measureCalls,
};

async function measureCalls(bench: Bench): Promise<Row[]> {
  const data = `${bench.folder}/calls`;
  await Deno.mkdir(data);
  await seedStore(data);
  const values = { COUNT: `${COUNT}` };
  const layotto = await startLayotto(bench, {
    functions: {
      hello: example("hello"),
      state_get: await compileGuest(bench, "state_get", values),
      invoke: await compileGuest(bench, "invoke", values),
    },
    state: { state_demo: "sqlite" },
  }, data);
  const port = await Script.start(bench, "round_trip.js");
  const measure = () => inTurn(port, layotto);
  try {
    await callsOf(layotto, "state_get");
    await callsOf(layotto, "invoke");
    const anyCore = await measure();
    await keepOnOneCore(layotto);
    await keepOnOneCore(port);
    return [...rows(await measure()), ...rowsOfAnyCore(anyCore)];
  } finally {
    await port.stop();
    await layotto.stop();
  }
}

interface Samples {
  port: number[];
  get: number[];
  invoke: number[];
}

async function inTurn(port: Script, layotto: Server): Promise<Samples> {
  const samples: Samples = { port: [], get: [], invoke: [] };
  for (let round = 0; round < ROUNDS; round++) {
    samples.port.push(await port.measure(COUNT));
    samples.get.push(await callsOf(layotto, "state_get"));
    samples.invoke.push(await callsOf(layotto, "invoke"));
  }
  return samples;
}

const GET = "get from the embedded store, as the guest sees it (p50)";
const INVOKE =
  "invoking another function in the host, as the guest sees it (p50)";

/** Those with a budget: all threads of a process on one core. */
function rows({ port, get, invoke }: Samples): Row[] {
  const common = {
    baseline: "bare worker port, there and back",
    unit: "µs",
    theirs: figure(port),
  };
  return [{
    ...common,
    id: "state-get",
    what: `${GET}, on one core`,
    ours: figure(get),
    budget: { of: "ratio", bound: "at most", limit: 1.5 },
  }, {
    ...common,
    id: "invoke",
    what: `${INVOKE}, on one core`,
    ours: figure(invoke),
    budget: { of: "ratio", bound: "at most", limit: 2.5 },
  }];
}

/** The same where the kernel places threads as it likes. */
function rowsOfAnyCore(samples: Samples): Row[] {
  return rows(samples).map(({ budget: _, ...row }) => ({
    ...row,
    id: `${row.id}-any-core`,
    what: row.what.replace("on one core", "on any core"),
  }));
}

/** @returns the median of one request's calls, microseconds. */
async function callsOf({ port }: Server, id: string): Promise<number> {
  const { status, body, bytes } = await ask(port, { id });
  mustBe(`status of ${id} (${body.slice(0, 200)})`, `${status}`, "200");
  mustBe(`bytes of ${id}`, `${bytes.length}`, `${COUNT * 4}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const times = Array.from(
    { length: COUNT },
    (_, i) => view.getUint32(i * 4, true) / 1000,
  );
  return figure(times).median;
}
