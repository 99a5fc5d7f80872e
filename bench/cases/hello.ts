/** The hello function's requests a second out of one isolate, beside a bare `Deno.serve`. */
import type { Bench, Case } from "../harness/bench.ts";
import { interleave } from "../harness/interleave.ts";
import { startBare, startLayotto } from "../harness/laptop.ts";
import { baseline, example } from "../harness/paths.ts";
import { figure, type Row } from "../harness/row.ts";
import { load, type Measured } from "../harness/wrk.ts";

const ROUNDS = 5;
const LOAD = { connections: 32, seconds: 2, body: "hello" };

export const hello: Case = {
  name: "hello",
  wantsContainerd: false,
  run: measureHello,
};

async function measureHello(bench: Bench): Promise<Row[]> {
  const config = { functions: { hello: example("hello") } };
  const bare = await startBare(bench, baseline("serve.js"));
  const layotto = await startLayotto(bench, config);
  try {
    // The first load lets V8 compile what is hot.
    await load(bench, bare, { ...LOAD, seconds: 1 });
    await load(bench, layotto, { ...LOAD, seconds: 1 });
    const { theirs, ours } = await interleave(
      ROUNDS,
      () => load(bench, bare, LOAD),
      () => load(bench, layotto, LOAD),
    );
    const of = (samples: Measured[], what: keyof Measured) =>
      figure(samples.map((it) => it[what]));
    return [{
      id: "hello-rate",
      what: "hello function, one isolate, 32 clients",
      baseline: "bare `Deno.serve`",
      unit: "requests/s",
      theirs: of(theirs, "rate"),
      ours: of(ours, "rate"),
      budget: { of: "ratio", bound: "at least", limit: 0.5 },
    }, {
      id: "hello-cpu",
      what: "the same, CPU time of the server for a request",
      baseline: "bare `Deno.serve`",
      unit: "µs",
      theirs: of(theirs, "cpu"),
      ours: of(ours, "cpu"),
      budget: { of: "ratio", bound: "at most", limit: 2 },
    }];
  } finally {
    await bare.stop();
    await layotto.stop();
  }
}
