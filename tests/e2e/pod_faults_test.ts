/** Pods under load and under attack: nothing is lost that need not be. */
import assert from "node:assert/strict";
import * as guests from "./harness/guests.ts";
import { ask, askAlone } from "./harness/http.ts";
import { functionImage } from "./harness/image.ts";
import { until } from "./harness/poll.ts";
import { useContainerd, type World } from "./harness/world.ts";

const ONE = "localhost/one:latest";
const TWO = "localhost/two:latest";
const THREE = "localhost/three:latest";
const TRAPPER = "localhost/trapper:latest";
const HOG = "localhost/hog:latest";

const test = useContainerd({
  pods: true,
  images: async () => [
    functionImage(ONE, await guests.fn({ id: "id_1", answer: "one" })),
    functionImage(TWO, await guests.fn({ id: "id_2", answer: "two" })),
    functionImage(HOG, await guests.hog()),
    functionImage(THREE, await guests.fn({ id: "id_3", answer: "three" })),
    functionImage(
      TRAPPER,
      await guests.fn({ id: "id_t", answer: "", trap: true }),
    ),
  ],
});

test("functions that join one after the other cost no request of those that serve", async ({ cri }) => {
  const pod = await cri.runPod();
  await cri.start(pod, { name: "one", image: ONE });
  const load = new Load(pod.address, 16);
  load.ask("id_1", "one");
  await until("the first function is under load", () => load.answered > 200);
  await cri.start(pod, { name: "two", image: TWO });
  assert.equal((await ask(pod.address, { id: "id_2" })).body, "two");
  load.ask("id_2", "two");
  const before = load.answered;
  await until("both are under load", () => load.answered > before + 400);
  await cri.start(pod, { name: "three", image: THREE });
  assert.equal((await ask(pod.address, { id: "id_3" })).body, "three");
  const then = load.answered;
  await until("load went on", () => load.answered > then + 400);
  await load.stop();
  assert.deepEqual(load.failures, []);

  const unnamed = await ask(pod.address);
  assert.equal(unnamed.status, 400, "no id while several functions run");
  const unknown = await ask(pod.address, { id: "id_9" });
  assert.equal(unknown.status, 404);
  assert.match(unknown.body, /id_9/);
  await cri.removePod(pod);
});

test("a function that goes costs no request of those that stay", async ({ cri }) => {
  const pod = await cri.runPod();
  await cri.start(pod, { name: "one", image: ONE });
  const two = await cri.start(pod, { name: "two", image: TWO });
  const load = new Load(pod.address, 16);
  load.ask("id_1", "one");
  await until("under load", () => load.answered > 200);
  await cri.stopContainer(two, 10);
  await cri.removeContainer(two);
  const before = load.answered;
  await until("load went on", () => load.answered > before + 400);
  await load.stop();
  assert.deepEqual(load.failures, []);
  await cri.removePod(pod);
});

test("a killed host ends its containers with 137; the sandbox stays, and a new attempt answers on the same address", async (world) => {
  const { cri, podCtr, containerd } = world;
  const pod = await cri.runPod();
  const first = await cri.start(pod, { name: "one", image: ONE });
  const second = await cri.start(pod, { name: "two", image: TWO });
  assert.equal((await ask(pod.address, { id: "id_1" })).body, "one");
  const host = await podCtr.task(first);
  assert.equal((await podCtr.task(second)).pid, host.pid);
  const networkBefore = networkOf(world, host.pid);
  await containerd.box.kill(host.pid, "KILL");
  for (const id of [first, second]) {
    assert.equal((await cri.untilExited(id)).exitCode, 137);
  }
  assert(await cri.isReady(pod));

  const again = await cri.start(pod, { name: "one", image: ONE, attempt: 1 });
  const { network } = await cri.podStatus(pod.id);
  assert.equal(network?.ip, pod.address);
  assert.equal((await ask(pod.address, { id: "id_1" })).body, "one");
  const newHost = await podCtr.task(again);
  assert.notEqual(newHost.pid, host.pid);
  assert.equal(networkOf(world, newHost.pid), networkBefore);
  await cri.removeContainer(first);
  await cri.removeContainer(second);
  assert.equal((await ask(pod.address, { id: "id_1" })).body, "one");
  await cri.removePod(pod);
});

test("a host that falls silent is killed, and the reason is logged", async ({ cri, podCtr, containerd }) => {
  const pod = await cri.runPod();
  const id = await cri.start(pod, { image: ONE });
  const { pid } = await podCtr.task(id);
  await containerd.box.kill(pid, "STOP");
  assert.equal((await cri.untilExited(id)).exitCode, 137);
  assert.match(await containerd.log(), /silent|no answer|did not answer/);
  assert(await cri.isReady(pod));
  await cri.start(pod, { image: ONE, attempt: 1 });
  assert.equal((await ask(pod.address)).body, "one");
  await cri.removePod(pod);
});

test("scenario 29: a function that takes more memory than its limit is OOMKilled; the sandbox stays", async ({ cri }) => {
  const pod = await cri.runPod();
  const limit = 32 * 1024 * 1024;
  const id = await cri.start(pod, { image: HOG, memoryLimit: limit });
  const ended = await cri.untilExited(id);
  assert.equal(ended.exitCode, 137);
  assert.equal(ended.reason, "OOMKilled");
  assert(await cri.isReady(pod));
  await cri.start(pod, { name: "one", image: ONE });
  assert.equal((await ask(pod.address)).body, "one");
  await cri.removePod(pod);
});

test("a function that traps answers 500 and its neighbour never notices", async ({ cri }) => {
  const pod = await cri.runPod();
  await cri.start(pod, { name: "one", image: ONE });
  const trapper = await cri.start(pod, { name: "trapper", image: TRAPPER });
  const load = new Load(pod.address, 4);
  load.ask("id_1", "one");
  for (let round = 0; round < 20; round++) {
    const { status, body } = await ask(pod.address, { id: "id_t" });
    assert.equal(status, 500, body);
  }
  await load.stop();
  assert.deepEqual(load.failures, []);
  await until(
    "the trap is in the function's own log",
    async () =>
      (await cri.log(pod, "trapper")).some(({ text }) =>
        /proxy_on_request_headers/.test(text) && /id_t/.test(text)
      ),
  );
  assert.equal((await cri.status(trapper)).state, 1, "it still runs");
  await cri.removePod(pod);
});

test("the host is confined: another user, no capabilities, namespaces of its own", async (world) => {
  const { cri, podCtr, containerd } = world;
  const pod = await cri.runPod();
  const id = await cri.start(pod, { image: ONE });
  const { pid } = await podCtr.task(id);
  const status = await Deno.readTextFile(
    containerd.box.path(`/proc/${pid}/status`),
  );
  const value = (name: string) =>
    new RegExp(`^${name}:[ \\t]*(.*)$`, "m").exec(status)?.[1] ?? "";
  assert(value("Uid").split("\t").every((uid) => uid === "65532"), status);
  assert(value("Gid").split("\t").every((gid) => gid === "65532"), status);
  assert.equal(value("Groups").trim(), "");
  for (const set of ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"]) {
    assert.match(value(set), /^0+$/, set);
  }
  assert.equal(value("NoNewPrivs"), "1");
  for (const kind of ["net", "mnt", "uts", "ipc", "pid"]) {
    assert.notEqual(
      namespaceOf(world, pid, kind),
      namespaceOf(world, 1, kind),
      kind,
    );
  }
  const hierarchy = await Deno.readTextFile(
    containerd.box.path(`/proc/${pid}/cgroup`),
  );
  const memory = hierarchy.split("\n").find((line) =>
    /:memory:|^0::/.test(line)
  );
  assert.match(memory ?? "", new RegExp(`/t${containerd.token}/`));
  await cri.removePod(pod);
});

/**
 * Clients that ask without pause; each answer is checked. Half of them open a connection for each request, by hand:
 * `fetch` would quietly ask again where a connection fails early.
 */
class Load {
  readonly failures: string[] = [];
  answered = 0;
  #going = true;
  readonly #clients: Promise<void>[] = [];

  constructor(readonly address: string, readonly perFunction: number) {}

  /** Adds clients of function `id`, which must answer `body`. */
  ask(id: string, body: string): void {
    for (let client = 0; client < this.perFunction; client++) {
      this.#clients.push(this.#client(id, body, client % 2 === 0));
    }
  }

  async stop(): Promise<void> {
    this.#going = false;
    await Promise.all(this.#clients);
  }

  async #client(id: string, expected: string, alone: boolean): Promise<void> {
    while (this.#going) {
      try {
        const { status, body } = alone
          ? await askAlone(this.address, id)
          : await ask(this.address, { id });
        if (status === 200 && body === expected) this.answered++;
        else this.failures.push(`${id}: ${status} ${body}`);
      } catch (error) {
        this.failures.push(`${id}: ${error}`);
      }
      if (this.failures.length > 20) return;
    }
  }
}

function namespaceOf({ containerd }: World, pid: number, kind: string) {
  return Deno.readLinkSync(containerd.box.path(`/proc/${pid}/ns/${kind}`));
}

function networkOf(world: World, pid: number): string {
  return namespaceOf(world, pid, "net");
}
