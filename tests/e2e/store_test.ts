/** The quickstart in a pod: a request reaches one function, which asks a second one, which asks a store. */
import assert from "node:assert/strict";
import * as guests from "./harness/guests.ts";
import type { Pod } from "./harness/cri.ts";
import { ask } from "./harness/http.ts";
import { functionImage } from "./harness/image.ts";
import { until } from "./harness/poll.ts";
import { Redis } from "./harness/redis.ts";
import { useContainerd, type World } from "./harness/world.ts";

const ONE = "localhost/id-1:latest";
const TWO = "localhost/id-2:latest";

const test = useContainerd({
  pods: true,
  images: async () => [
    functionImage(ONE, await demo("trace_f1.wat")),
    functionImage(TWO, await demo("trace_f2.wat")),
  ],
});

async function demo(file: string): Promise<Uint8Array> {
  const url = new URL(`../testdata/${file}`, import.meta.url);
  return await guests.assemble(await Deno.readTextFile(url));
}

test("two function containers of a pod answer out of Redis, which may go and come back", async (world) => {
  const { cri, containerd } = world;
  const redis = await Redis.open(containerd.network?.machine ?? "");
  try {
    await redis.set("book1", "100");
    const pod = await cri.runPod();
    await startPair(world, pod, {
      state: {
        state_demo: {
          type: "redis",
          redisHost: `${redis.host}:${redis.port}`,
        },
      },
    });
    const stock = () => ask(pod.address, { id: "id_1", path: "/?name=book1" });
    assert.deepEqual(await stock(), {
      status: 200,
      body: "There are 100 inventories for book1.",
    });
    await redis.stop();
    assert.deepEqual(await stock(), {
      status: 200,
      body: "There are  inventories for book1.",
    });
    await until(
      "the failure is in the function's log",
      async () =>
        (await cri.log(pod, "two")).some(({ text }) => /state_demo/.test(text)),
    );
    await redis.start();
    await redis.set("book1", "7");
    await until(
      "the store is found again",
      async () => (await stock()).body === "There are 7 inventories for book1.",
    );
    await cri.removePod(pod);
  } finally {
    await redis.stop();
  }
});

test("without any configuration the pod has an embedded store, removed with the pod", async (world) => {
  const { cri } = world;
  const pod = await cri.runPod();
  await startPair(world, pod);
  assert.deepEqual(
    await ask(pod.address, { id: "id_1", path: "/?name=book1" }),
    {
      status: 200,
      body: "There are  inventories for book1.",
    },
  );
  const complaints = (await cri.log(pod, "two"))
    .filter(({ text }) => /level=(warn|error)/.test(text));
  assert.deepEqual(complaints, [], "an absent key is no error");
  await cri.removePod(pod);
});

test("bad input: a configuration with an unknown store type fails at create, with file, path, found and expected", async (world) => {
  const { cri } = world;
  const pod = await cri.runPod();
  const failed = startPair(world, pod, {
    state: { state_demo: { type: "rediss" } },
  });
  await assert.rejects(failed, (error: Error) => {
    assert.match(error.message, /failed to create (shim|containerd) task/);
    assert.match(error.message, /\/etc\/layotto\/config\.json/);
    assert.match(error.message, /state\.state_demo\.type/);
    assert.match(error.message, /rediss/);
    assert.match(error.message, /redis.*sqlite|sqlite.*redis/);
    return true;
  });
  await cri.removePod(pod);
});

/** Starts both functions, with a ConfigMap's folder where a configuration is given. */
async function startPair(
  { cri, containerd }: World,
  pod: Pod,
  config?: unknown,
): Promise<void> {
  const folder = `${containerd.folder}/config-${pod.id.slice(0, 8)}`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(
    `${folder}/config.json`,
    JSON.stringify(config ?? {}),
  );
  const mounts = config === undefined
    ? undefined
    : [{ host: folder, container: "/etc/layotto", readOnly: true }];
  await cri.start(pod, { name: "one", image: ONE, mounts });
  await cri.start(pod, { name: "two", image: TWO, mounts });
}
