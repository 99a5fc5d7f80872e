/** Proxy-wasm host calls that need no I/O, a million in one callback; the guest itself takes the time. */
import { ask, mustBe } from "../harness/ask.ts";
import type { Bench, Case } from "../harness/bench.ts";
import { compileGuest } from "../harness/compile.ts";
import { startLayotto } from "../harness/laptop.ts";
import { figure, type Row } from "../harness/row.ts";
import { Script } from "../harness/script.ts";
import type { Server } from "../harness/server.ts";

const COUNT = 1_000_000;
const ROUNDS = 5;
/** Microseconds. */
const BUDGET = 0.3;

/** The call, its arguments in the guest, and whether it hands memory to the guest: that copy is beyond the budget. */
const CALLS = {
  proxy_get_current_time_nanoseconds: "(call $time (i32.const 32))",
  proxy_get_buffer_status:
    "(call $buffer_status (i32.const 1) (i32.const 32) (i32.const 36))",
  proxy_get_header_map_value:
    "(call $header (i32.const 0) (i32.const 64) (i32.const 10) (i32.const 32) (i32.const 36))",
  proxy_get_shared_data:
    "(call $shared_get (i32.const 64) (i32.const 10) (i32.const 32) (i32.const 36) (i32.const 40))",
  proxy_set_shared_data:
    "(call $shared_set (i32.const 64) (i32.const 10) (i32.const 64) (i32.const 4) (i32.const 0))",
  proxy_increment_metric:
    "(call $increment (i32.load (i32.const 48)) (i64.const 1))",
};

/** Those that hand memory to the guest or keep some of it. */
const COPYING = [
  "proxy_get_header_map_value",
  "proxy_get_shared_data",
  "proxy_set_shared_data",
];

export const hostCalls: Case = {
  name: "host-calls",
  wantsContainerd: false,
  run: measureHostCalls,
};

async function measureHostCalls(bench: Bench): Promise<Row[]> {
  const functions: Record<string, string> = {};
  for (const [name, CALL] of Object.entries(CALLS)) {
    const module = await compileGuest(bench, "plain_call", {
      CALL,
      COUNT: `${COUNT}`,
    });
    functions[name] = `${bench.folder}/${name}.wasm`;
    await Deno.rename(module, functions[name]);
  }
  const layotto = await startLayotto(bench, { functions });
  const module = await compileGuest(bench, "import_call");
  const bare = await Script.start(bench, "import_call.js", module);
  try {
    const theirs: number[] = [];
    const ours = new Map(
      Object.keys(CALLS).map((name) => [name, [] as number[]]),
    );
    for (const name of ours.keys()) await callsOf(layotto, name);
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await bare.measure(COUNT) / 1000);
      for (const [name, samples] of ours) {
        samples.push(await callsOf(layotto, name));
      }
    }
    return [...ours].map(([name, samples]): Row => ({
      id: `host-call-${name}`,
      what: `\`${name}\`${COPYING.includes(name) ? ", its copy included" : ""}`,
      baseline: "a module's call to an empty function",
      unit: "µs",
      theirs: figure(theirs),
      ours: figure(samples),
      budget: { of: "value", bound: "at most", limit: BUDGET },
    }));
  } finally {
    await bare.stop();
    await layotto.stop();
  }
}

/** @returns microseconds for one call. */
async function callsOf({ port }: Server, id: string): Promise<number> {
  const { status, body, bytes } = await ask(port, { id });
  mustBe(`status of ${id} (${body.slice(0, 200)})`, `${status}`, "200");
  mustBe(`bytes of ${id}`, `${bytes.length}`, "8");
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return Number(view.getBigUint64(0, true)) / COUNT / 1000;
}
