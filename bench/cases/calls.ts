/**
 * What a guest waits for a call that leaves its isolate: a get from the embedded store, an invocation of another
 * function. The guest itself takes the time, so HTTP is not in it.
 */
import { ask, mustBe } from "../harness/ask.ts";
import type { Bench, Case } from "../harness/bench.ts";
import { compileGuest } from "../harness/compile.ts";
import { startLayotto } from "../harness/laptop.ts";
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
  try {
    const samples = { port: [], get: [], invoke: [] } as Record<
      "port" | "get" | "invoke",
      number[]
    >;
    await callsOf(layotto, "state_get");
    await callsOf(layotto, "invoke");
    for (let round = 0; round < ROUNDS; round++) {
      samples.port.push(await port.measure(COUNT));
      samples.get.push(await callsOf(layotto, "state_get"));
      samples.invoke.push(await callsOf(layotto, "invoke"));
    }
    const common = {
      baseline: "bare worker port, there and back",
      unit: "µs",
      theirs: figure(samples.port),
    };
    return [{
      ...common,
      id: "state-get",
      what: "get from the embedded store, as the guest sees it (p50)",
      ours: figure(samples.get),
      budget: { of: "ratio", bound: "at most", limit: 1.5 },
    }, {
      ...common,
      id: "invoke",
      what: "invoking another function in the host, as the guest sees it (p50)",
      ours: figure(samples.invoke),
      budget: { of: "ratio", bound: "at most", limit: 2.5 },
    }];
  } finally {
    await port.stop();
    await layotto.stop();
  }
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
