/** Instances: what an idle one costs, and how fast a large Go module and its next instance are there. */
import { ask, freePort, mustBe } from "../harness/ask.ts";
import type { Bench, Case } from "../harness/bench.ts";
import { compileGo, whyNoPlugins } from "../harness/compile.ts";
import { startLayotto } from "../harness/laptop.ts";
import { example } from "../harness/paths.ts";
import { sleep } from "../harness/pss.ts";
import { figure, type Row } from "../harness/row.ts";
import type { Server } from "../harness/server.ts";

const INSTANCES = 1000;
/** Time to come to rest after the first request: milliseconds. */
const REST = 1500;
const ROUNDS = 5;

export const instances: Case = {
  name: "instances",
  wantsContainerd: false,
  whyNot: whyNoPlugins,
  run: async (bench) => [
    await idleInstances(bench),
    ...await largeModule(bench),
  ],
};

async function idleInstances(bench: Bench): Promise<Row> {
  const few = await memoryWith(bench, 1);
  const many = await memoryWith(bench, INSTANCES);
  return {
    id: "instance-memory",
    what: `memory (PSS) of an idle instance of the hello function, of ` +
      `${INSTANCES}, with the touched part of its linear memory`,
    baseline: "–",
    unit: "KB",
    ours: figure([(many - few) * 1000 / (INSTANCES - 1)]),
    budget: { of: "value", bound: "at most", limit: 100 },
  };
}

/** MB. */
async function memoryWith(bench: Bench, count: number): Promise<number> {
  const hello = { path: example("hello"), instances: count };
  const server = await startLayotto(bench, { functions: { hello } });
  try {
    mustBe("answer", (await ask(server.port)).body, "hello");
    await sleep(REST);
    return server.memory();
  } finally {
    await server.stop();
  }
}

async function largeModule(bench: Bench): Promise<Row[]> {
  const path = await compileGo(bench);
  const { size } = await Deno.stat(path);
  const ready: number[] = [];
  const next: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const at = { admin: freePort(), actuator: freePort() };
    const functions = { hello: example("hello") };
    const server = await startLayotto(bench, { functions }, undefined, at);
    try {
      ready.push(await timeToAnswer(server, at.admin, path));
      next.push(await timeToInstance(at));
    } finally {
      await server.stop();
    }
  }
  const megabytes = (size / 1e6).toFixed(1);
  return [{
    id: "large-module-ready",
    what: `Go module of ${megabytes} MB from \`/wasm/install\` to its first ` +
      "answer",
    baseline: "–",
    unit: "ms",
    ours: figure(ready),
    budget: { of: "value", bound: "at most", limit: 400 },
  }, {
    id: "large-module-instance",
    what: "the same, its next instance, from `/wasm/update` to its answer, " +
      "after which `/metrics` counts it",
    baseline: "–",
    unit: "ms",
    ours: figure(next),
    budget: { of: "value", bound: "at most", limit: 20 },
  }];
}

/** Milliseconds. */
async function timeToAnswer(
  { port }: Server,
  admin: number,
  path: string,
): Promise<number> {
  const began = performance.now();
  await tell(admin, "install", {
    name: "large",
    instance_num: 1,
    vm_config: { path },
  });
  const { status, body } = await ask(port, { id: "large" });
  const milliseconds = performance.now() - began;
  mustBe("the large module's answer", `${status} ${body}`, "200 ");
  return milliseconds;
}

/** Milliseconds. */
async function timeToInstance(
  at: { admin: number; actuator: number },
): Promise<number> {
  const began = performance.now();
  await tell(at.admin, "update", { name: "large", instance_num: 2 });
  const milliseconds = performance.now() - began;
  const { body } = await ask(at.actuator, { path: "/metrics" });
  const counted = /^layotto_function_instances\{function="large"\} (\d+)$/m;
  mustBe("instances", `${counted.exec(body)?.[1]}`, "2");
  return milliseconds;
}

/** One request of the admin API. */
async function tell(
  port: number,
  what: string,
  body: Record<string, unknown>,
): Promise<void> {
  const sent = JSON.stringify(body);
  const answer = await ask(port, { path: `/wasm/${what}`, sent });
  mustBe(`/wasm/${what} (${answer.body})`, `${answer.status}`, "200");
}
