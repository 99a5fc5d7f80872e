/** A pod's life as kubelet drives it, over CRI (SHIM.md §5, §10: scenarios 26, 27, 33). */
import assert from "node:assert/strict";
import { SHIM } from "./harness/containerd.ts";
import { fromFileUrl } from "./harness/paths.ts";
import * as guests from "./harness/guests.ts";
import { ask } from "./harness/http.ts";
import { functionImage } from "./harness/image.ts";
import { until } from "./harness/poll.ts";
import { shimOf } from "./harness/shim.ts";
import { useContainerd } from "./harness/world.ts";

const SERVER = "localhost/server:latest";
const TALKER = "localhost/talker:latest";

/** Longer than the 16 KiB containerd puts into one line. */
const LONG = "0123456789abcdef".repeat(2500);

const test = useContainerd({
  pods: true,
  images: async () => [
    functionImage(SERVER, await guests.fn({ answer: "hello", out: "asked\n" })),
    functionImage(
      TALKER,
      await guests.command({
        out: `one\n${LONG}\ntwo\n`,
        err: "a word\n",
        code: 4,
      }),
    ),
  ],
});

test("scenario 26: a pod with a function, from run to remove", async (world) => {
  const { cri, podCtr, containerd } = world;
  const pod = await cri.runPod({ labels: { app: "demo" } });
  assert(await cri.isReady(pod));
  assert.match(pod.address, /^10\./);
  const id = await cri.create(pod, { image: SERVER, labels: { part: "fn" } });
  assert.equal((await cri.status(id)).state ?? 0, 0, "CONTAINER_CREATED is 0");
  await cri.startContainer(id);
  const status = await cri.status(id);
  assert.equal(status.state, 1, "CONTAINER_RUNNING is 1");
  assert.equal(status.image?.image, SERVER);
  assert.deepEqual({ ...status.labels }, { part: "fn" });
  assert.deepEqual(await ask(pod.address), { status: 200, body: "hello" });
  await until(
    "the guest's output is in the log",
    async () =>
      (await cri.log(pod)).some(({ stream, text }) =>
        stream === "stdout" && text === "asked"
      ),
  );

  const shims = [
    await shimOf(world, pod.id, "k8s.io"),
    await shimOf(world, id, "k8s.io"),
  ];
  assert.deepEqual(shims[0], shims[1]);
  const stats = await until("figures above zero", async () => {
    const { cpu, memory } = await cri.stats(id);
    return Number(cpu?.usageCoreNanoSeconds?.value ?? 0) > 0 &&
      Number(memory?.workingSetBytes?.value ?? 0) > 0;
  });
  assert(stats);

  await cri.stopContainer(id, 10);
  const ended = await cri.untilExited(id);
  assert.equal(ended.exitCode, 143);
  assert.equal(ended.reason, "Error");
  assert(await cri.isReady(pod), "a sandbox outlives its containers");
  await cri.removeContainer(id);
  await cri.stopPod(pod);
  assert(!await cri.isReady(pod));
  await cri.removePod(pod);
  assert.deepEqual(await podCtr.tasks(), []);
  assert((await containerd.network?.calls())?.includes(`DEL ${pod.id}`));
});

test("scenario 26: a command in a pod runs to its end", async ({ cri }) => {
  const pod = await cri.runPod();
  const id = await cri.start(pod, { image: TALKER });
  const ended = await cri.untilExited(id);
  assert.equal(ended.exitCode, 4);
  assert.equal(ended.reason, "Error");
  await cri.removePod(pod);
});

test("scenario 27: the log file has each stream's lines, long ones in parts", async ({ cri }) => {
  const pod = await cri.runPod();
  await cri.untilExited(await cri.start(pod, { image: TALKER }));
  const lines = await until("the log's last line", async () => {
    const log = await cri.log(pod);
    return log.some(({ text }) => text === "two") &&
      log.some(({ text }) => text === "a word") && log;
  });
  for (const { time } of lines) {
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/);
  }
  const out = lines.filter(({ stream }) => stream === "stdout");
  assert.deepEqual(out.map(({ tag }) => tag), ["F", "P", "P", "F", "F"]);
  assert.equal(out[0]?.text, "one");
  assert.equal(out.slice(1, 4).map(({ text }) => text).join(""), LONG);
  assert.equal(out[4]?.text, "two");
  const errors = lines.filter(({ stream }) => stream === "stderr");
  assert.deepEqual(errors.map(({ tag, text }) => [tag, text]), [
    ["F", "a word"],
  ]);
  await cri.removePod(pod);
});

test("scenario 33: stopping a pod kills its containers and takes its address back", async ({ cri, containerd }) => {
  const pod = await cri.runPod();
  const id = await cri.start(pod, { image: SERVER });
  assert.equal((await ask(pod.address)).body, "hello");
  await cri.stopPod(pod);
  assert.equal((await cri.status(id)).exitCode, 137);
  assert(!await cri.isReady(pod));
  assert((await containerd.network?.calls())?.includes(`DEL ${pod.id}`));
  assert.deepEqual(containerd.network?.members(), []);
  await cri.removePod(pod);
});

test("scenario 32: a pod runs on while containerd is gone, and its log has no gap", async ({ cri, containerd }) => {
  const pod = await cri.runPod();
  const id = await cri.start(pod, { image: SERVER });
  const asked = async () =>
    (await cri.log(pod)).filter(({ text }) => text === "asked").length;
  await ask(pod.address);
  await containerd.stop("TERM");
  for (let round = 0; round < 5; round++) await ask(pod.address);
  await containerd.start();
  await until("the pod is ready", () => cri.isReady(pod));
  assert.equal((await cri.status(id)).state, 1, "CONTAINER_RUNNING is 1");
  await ask(pod.address);
  await until("all seven lines", async () => await asked() === 7);
  await cri.stopContainer(id, 10);
  assert.equal((await cri.status(id)).exitCode, 143);
  await cri.removePod(pod);
});

test("a pod without containers comes and goes", async ({ cri }) => {
  const pod = await cri.runPod();
  assert(await cri.isReady(pod));
  await cri.removePod(pod);
});

test("a container that was never started can be removed", async ({ cri }) => {
  const pod = await cri.runPod();
  const id = await cri.create(pod, { image: SERVER });
  await cri.removeContainer(id);
  await cri.removePod(pod);
});

test("the example functions, packed by `layotto image pack`, run as deploy/kubernetes runs them", async ({ cri, podCtr, containerd }) => {
  const layotto = `${containerd.folder}/layotto`;
  await Deno.symlink(SHIM, layotto);
  for (const name of ["id_1", "id_2"]) {
    const tar = `${containerd.folder}/${name}.tar`;
    const module = fromFileUrl(`../../../examples/${name}/build/${name}.wasm`);
    const tag = `localhost/${name}:1`;
    const packed = await containerd.box.run(
      [layotto, "image", "pack", "--tag", tag, "-o", tar, module],
    );
    assert.equal(packed.code, 0, packed.stderr);
    await podCtr.do("image", "import", tar);
  }
  const pod = await cri.runPod({
    annotations: { "layotto.mosn.io/id-1.instances": "4" },
  });
  const healthy = async () => {
    const url = `http://${pod.address}:34999/actuator/health/readiness`;
    const response = await fetch(url);
    const { status } = await response.json();
    return [response.status, status];
  };
  await cri.start(pod, { name: "id-1", image: "localhost/id_1:1" });
  await cri.start(pod, { name: "id-2", image: "localhost/id_2:1" });
  assert.deepEqual(await healthy(), [200, "UP"]);
  const answer = await ask(pod.address, { id: "id_1", path: "/?name=book1" });
  assert.deepEqual(answer, {
    status: 200,
    body: "There are  inventories for book1.",
  });
  await cri.removePod(pod);
});
