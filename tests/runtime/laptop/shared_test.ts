/** What functions share across their isolates, and what comes to them without a request. */
import assert from "node:assert/strict";
import { type Demo, withDemo } from "./harness.ts";
import {
  adder,
  consumer,
  failingTicker,
  producer,
  slowTicker,
  ticker,
} from "./shared_guests.ts";

/** The number that a function answers. */
async function number(demo: Demo, id: string): Promise<number> {
  const url = `http://127.0.0.1:${demo.host.summary.httpPort}/`;
  const response = await fetch(url, { headers: { id } });
  assert.equal(response.status, 200, demo.log());
  return new DataView(await response.arrayBuffer()).getUint32(0, true);
}

/** Asks until the answer is as wanted. */
async function until(
  ask: () => Promise<number>,
  wanted: (answer: number) => boolean,
): Promise<number> {
  for (;;) {
    const answer = await ask();
    if (wanted(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function metrics({ host }: Demo): Promise<string> {
  const { actuatorPort } = host.summary;
  const response = await fetch(`http://127.0.0.1:${actuatorPort}/metrics`);
  return await response.text();
}

async function admin(
  { host }: Demo,
  what: "install" | "uninstall",
  body: unknown,
): Promise<void> {
  const url = `http://127.0.0.1:${host.summary.adminPort}/wasm/${what}`;
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
  });
  assert.equal(response.status, 200, await response.text());
}

Deno.test("functions of one VM id in isolates of their own add to one number and lose nothing; another's is its own", async () => {
  const module = { path: "adder.wasm", instances: 2 };
  await withDemo({
    modules: { "adder.wasm": await adder() },
    functions: {
      one: { ...module, "vm-id": "common" },
      two: { ...module, "vm-id": "common", isolates: 2 },
      other: module,
    },
  }, async (demo) => {
    // Alone: whoever finds no key yet has no number to compare.
    assert.equal(await number(demo, "one"), 1);
    const clients = ["one", "two", "one", "two"].map(async (id) => {
      for (let i = 0; i < 50; i++) await number(demo, id);
    });
    await Promise.all(clients);
    assert.equal(await number(demo, "one"), 202);
    assert.equal(await number(demo, "two"), 203);
    assert.equal(await number(demo, "other"), 1);
  });
});

Deno.test("200 items from another function are 200 notices to the one instance that registered the queue", async () => {
  await withDemo({
    modules: {
      "consumer.wasm": await consumer(),
      "producer.wasm": await producer(),
    },
    functions: {
      consumer: { path: "consumer.wasm", instances: 1 },
      producer: { path: "producer.wasm", instances: 2 },
    },
  }, async (demo) => {
    assert.equal(await number(demo, "consumer"), 0);
    await Promise.all([1, 2, 3, 4].map(() => number(demo, "producer")));
    const counted = await until(
      () => number(demo, "consumer"),
      (answer) => answer % 65536 >= 200,
    );
    assert.deepEqual([counted % 65536, counted >>> 16], [200, 200]);
  });
});

Deno.test("what a VM id shares goes with its last function, its metrics too", async () => {
  const modules = {
    "adder.wasm": await adder(),
    "ticker.wasm": await ticker(),
  };
  await withDemo({ modules }, async (demo) => {
    const folder = demo.host.summary.functions[0]!.path.replace("f1.wasm", "");
    const install = (name: string) =>
      admin(demo, "install", {
        name,
        instance_num: 1,
        vm_config: { engine: "x", path: `${folder}${name}.wasm` },
      });
    await install("adder");
    assert.equal(await number(demo, "adder"), 1);
    assert.equal(await number(demo, "adder"), 2);
    await install("ticker");
    assert.match(await metrics(demo), /^ticks\{vm_id="ticker"\} /m);
    await admin(demo, "uninstall", { name: "adder" });
    await admin(demo, "uninstall", { name: "ticker" });
    assert.doesNotMatch(await metrics(demo), /ticks/);
    await install("adder");
    assert.equal(await number(demo, "adder"), 1);
  });
});

Deno.test("what functions of one VM id share stays until none of them is left", async () => {
  const adders = { path: "adder.wasm", instances: 1, "vm-id": "third" };
  await withDemo({
    modules: { "adder.wasm": await adder() },
    functions: { one: adders, two: adders },
  }, async (demo) => {
    const { path } = demo.host.summary.functions[0]!;
    assert.equal(await number(demo, "one"), 1);
    assert.equal(await number(demo, "two"), 2);
    await admin(demo, "uninstall", { name: "one" });
    assert.equal(await number(demo, "two"), 3);
    await admin(demo, "uninstall", { name: "two" });
    // Whose VM id is its name.
    const vm_config = { engine: "x", path };
    await admin(demo, "install", { name: "third", instance_num: 1, vm_config });
    assert.equal(await number(demo, "third"), 1);
  });
});

Deno.test("a timer ticks until the guest ends it, and what it counts is at /metrics", async () => {
  await withDemo({
    modules: { "ticker.wasm": await ticker() },
    functions: { ticker: { path: "ticker.wasm", instances: 1 } },
  }, async (demo) => {
    await until(() => number(demo, "ticker"), (ticks) => ticks >= 5);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(await number(demo, "ticker"), 5);
    assert.match(
      await metrics(demo),
      /^# TYPE ticks counter\nticks\{vm_id="ticker"\} 5$/m,
    );
  });
});

Deno.test("every instance has a timer of its own, in every isolate", async () => {
  await withDemo({
    modules: { "ticker.wasm": await ticker() },
    functions: { ticker: { path: "ticker.wasm", instances: 3, isolates: 2 } },
  }, async (demo) => {
    await until(
      async () => Number(/^ticks\{.*\} (\d+)$/m.exec(await metrics(demo))?.[1]),
      (ticks) => ticks === 30,
    );
  });
});

Deno.test("ticks that wait do not overlap, and no request enters an instance that is in one", async () => {
  await withDemo({
    modules: { "slow.wasm": await slowTicker() },
    functions: { slow: { path: "slow.wasm", instances: 1 } },
  }, async (demo) => {
    await demo.put({ k: "value" });
    const before = await number(demo, "slow");
    await Promise.all(
      Array.from({ length: 20 }, () => number(demo, "slow")),
    );
    await until(() => number(demo, "slow"), (ticks) => ticks >= before + 5);
    assert.doesNotMatch(demo.log(), /unreachable/);
  });
});

Deno.test("a trap in a tick ends that instance, says so once, and requests get another", async () => {
  await withDemo({
    modules: { "failing.wasm": await failingTicker() },
    functions: { failing: { path: "failing.wasm", instances: 1 } },
  }, async (demo) => {
    await until(
      () => Promise.resolve(demo.log().split("proxy_on_tick: ").length),
      (parts) => parts > 1,
    );
    await demo.logged(/proxy_on_tick: .*wasm stack/);
    assert.equal(await number(demo, "failing"), 7);
  });
});
