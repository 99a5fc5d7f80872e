/** Plugins behind one `envoy.yaml`, in a real Envoy with one worker and here: rate, CPU time and memory. */
import { whyNoEnvoy } from "../../tests/envoy/envoy.ts";
import { guestPath } from "../../tests/sdk/build.ts";
import type { Bench, Case } from "../harness/bench.ts";
import { compileGo, whyNoPlugins } from "../harness/compile.ts";
import { type Setup, startEnvoy, startOurs } from "../harness/envoy_pair.ts";
import { interleave } from "../harness/interleave.ts";
import { startBare } from "../harness/laptop.ts";
import { baseline } from "../harness/paths.ts";
import { figure, type Row } from "../harness/row.ts";
import { load, type Measured } from "../harness/wrk.ts";

const ROUNDS = 4;
const LOAD = { connections: 32, seconds: 1, body: "hello" };

export const envoy: Case = {
  name: "envoy",
  wantsContainerd: false,
  whyNot: () => whyNoEnvoy() || whyNoPlugins(),
  run: measure,
};

async function measure(bench: Bench): Promise<Row[]> {
  const go = await compileGo(bench);
  const rust = await guestPath("rust");
  return [
    ...await besideEnvoy(
      bench,
      "hello",
      "hello, a Go plugin's local response",
      {
        plugin: go,
        configuration: "hello",
      },
    ),
    ...await besideEnvoy(
      bench,
      "headers-go",
      "Go plugin that changes headers of request and response",
      { plugin: go, configuration: "headers" },
    ),
    ...await besideEnvoy(
      bench,
      "headers-rust",
      "Rust plugin that changes headers of request and response",
      { plugin: rust, configuration: "headers" },
    ),
    ...await upstream(bench, rust),
  ];
}

/** A filter that lets everything through to a service; no budget bounds it. */
async function upstream(bench: Bench, plugin: string): Promise<Row[]> {
  const service = await startBare(bench, baseline("serve.js"));
  try {
    const rows = await besideEnvoy(
      bench,
      "upstream",
      "Rust plugin that lets everything through to a service on loopback",
      { plugin, configuration: "none", upstream: service.port },
    );
    // The service runs on the executable that ours runs on, and would carry part of its pages.
    return rows.filter(({ id }) => !id.endsWith("-memory"))
      .map((row) => ({ ...row, budget: undefined }));
  } finally {
    await service.stop();
  }
}

async function besideEnvoy(
  bench: Bench,
  name: string,
  what: string,
  setup: Setup,
): Promise<Row[]> {
  const theirs = await startEnvoy(bench, setup);
  const ours = await startOurs(bench, setup);
  try {
    await load(bench, theirs, LOAD);
    await load(bench, ours, LOAD);
    const samples = await interleave(
      ROUNDS,
      () => load(bench, theirs, LOAD),
      () => load(bench, ours, LOAD),
    );
    const of = (key: keyof Measured) => ({
      theirs: figure(samples.theirs.map((it) => it[key])),
      ours: figure(samples.ours.map((it) => it[key])),
    });
    const baseline = "Envoy 1.40, one worker";
    return [{
      id: `envoy-${name}-rate`,
      what: `${what}; 32 clients`,
      baseline,
      unit: "requests/s",
      ...of("rate"),
      budget: { of: "ratio", bound: "at least", limit: 1.2 },
    }, {
      id: `envoy-${name}-cpu`,
      what: "CPU time of the server for one of those",
      baseline,
      unit: "µs",
      ...of("cpu"),
    }, {
      id: `envoy-${name}-memory`,
      what: "memory (PSS) of the server after those",
      baseline,
      unit: "MB",
      theirs: figure([theirs.memory()]),
      ours: figure([ours.memory()]),
      budget: { of: "ratio", bound: "at most", limit: 0.5 },
    }];
  } finally {
    await theirs.stop();
    await ours.stop();
  }
}
