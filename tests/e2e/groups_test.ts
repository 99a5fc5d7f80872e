/** Tasks that share a daemon, and daemons that die (SHIM.md §10, scenarios 10, 15, 18). */
import assert from "node:assert/strict";
import { Events } from "./harness/ctr.ts";
import * as guests from "./harness/guests.ts";
import { askInside } from "./harness/http.ts";
import { functionImage } from "./harness/image.ts";
import { untilEmpty } from "./harness/poll.ts";
import { snapshot } from "./harness/leftovers.ts";
import { shimOf } from "./harness/shim.ts";
import { until } from "./harness/poll.ts";
import { useContainerd, type World } from "./harness/world.ts";

const ONE = "localhost/one:latest";
const TWO = "localhost/two:latest";
const ANY = "localhost/any:latest";

const test = useContainerd({
  images: async () => [
    functionImage(ONE, await guests.fn({ id: "id_1", answer: "one" })),
    functionImage(TWO, await guests.fn({ id: "id_2", answer: "two" })),
    functionImage(ANY, await guests.fn({ answer: "any" })),
  ],
});

function inPod(pod: string): string[] {
  return ["--annotation", `io.kubernetes.cri.sandbox-id=${pod}`];
}

test("scenario 10: tasks of one pod share a host and a daemon; the last one to go ends both", async (world) => {
  const { ctr, containerd } = world;
  const flags = inPod("g");
  const one = await ctr.start(ONE, "a", { flags });
  const two = await ctr.start(TWO, "b", { flags });
  assert.equal(one.pid, two.pid);
  const [shimOfOne, shimOfTwo] = [
    await shimOf(world, "a"),
    await shimOf(world, "b"),
  ];
  assert.equal(shimOfOne.address, shimOfTwo.address);
  assert.equal(shimOfOne.pid, shimOfTwo.pid);
  assert.notEqual(shimOfOne.pid, one.pid);
  assert.equal(await askInside(world, one.pid, { id: "id_1" }), "one");
  assert.equal(await askInside(world, one.pid, { id: "id_2" }), "two");

  await ctr.remove("a");
  assert.equal((await ctr.task("b")).status, "RUNNING");
  assert.equal(await askInside(world, two.pid, { id: "id_2" }), "two");
  await ctr.remove("b");
  await untilEmpty(
    "the daemon and the host have ended",
    () =>
      [shimOfOne.pid, one.pid].filter((pid) => isAlive(containerd.box, pid))
        .map((pid) => `process ${pid}`),
  );
});

test("tasks of different pods have hosts, daemons and networks of their own", async (world) => {
  const { ctr } = world;
  const one = await ctr.start(ANY, "a", { flags: inPod("g1") });
  const two = await ctr.start(ANY, "b", { flags: inPod("g2") });
  assert.notEqual(one.pid, two.pid);
  assert.notEqual(
    (await shimOf(world, "a")).pid,
    (await shimOf(world, "b")).pid,
  );
  assert.notEqual(network(world, one.pid), network(world, two.pid));
  assert.equal(await askInside(world, one.pid), "any");
  assert.equal(await askInside(world, two.pid), "any");
  await ctr.remove("a");
  await ctr.remove("b");
});

test("scenario 15: a killed daemon is reported, cleaned up after, and its id is free again", async (world) => {
  const { ctr, containerd } = world;
  const events = new Events(ctr);
  try {
    const { pid } = await ctr.start(ANY, "f1");
    const shim = await shimOf(world, "f1");
    await until("ctr events is connected", async () => {
      await ctr.do("namespaces", "label", ctr.namespace, `n=${Date.now()}`);
      return events.lines.length > 0;
    });
    await containerd.box.kill(shim.pid, "KILL");
    await until(
      "the delete event",
      () => events.of("f1").some(({ topic }) => topic === "/tasks/delete"),
    );
    const seen = events.of("f1").filter(({ topic }) =>
      /exit|delete/.test(topic)
    );
    assert.deepEqual(seen.map(({ topic }) => topic), [
      "/tasks/exit",
      "/tasks/delete",
    ]);
    assert.deepEqual(seen.map(({ event }) => event.exit_status), [137, 137]);
    await untilEmpty(
      "the host ends with its daemon",
      () => isAlive(containerd.box, pid) ? [`process ${pid}`] : [],
    );
    assert.deepEqual(await ctr.tasks(), []);
    await ctr.do("container", "rm", "f1");
    const again = await ctr.start(ANY, "f1");
    assert.equal(await askInside(world, again.pid), "any");
    await ctr.remove("f1");
  } finally {
    await events.close();
  }
});

test("a daemon killed under several tasks takes them all along, and each is reported", async (world) => {
  const { ctr, containerd } = world;
  const flags = inPod("g");
  await ctr.start(ONE, "a", { flags });
  await ctr.start(TWO, "b", { flags });
  await containerd.box.kill((await shimOf(world, "a")).pid, "KILL");
  await untilEmpty(
    "no task is listed",
    async () => (await ctr.tasks()).map(({ id }) => id),
  );
  await ctr.do("container", "rm", "a", "b");
});

test("a function that does not get ready is refused by name, and one whose caller has left is taken back", async (world) => {
  const { ctr } = world;
  const before = await snapshot(world.containerd);
  await ctr.import(functionImage(
    "localhost/stuck:latest",
    await guests.fn({ answer: "", busy: 3_600_000 }),
  ));
  await ctr.import(functionImage(
    "localhost/slow:latest",
    await guests.fn({ answer: "", busy: 10_000 }),
  ));
  // The next two leave long before their Create could be answered.
  const left = ["stuck", "slow"].map((name) =>
    ctr.run(`localhost/${name}:latest`, `left-${name}`, { timeout: 4_000 })
      .then(() => assert.fail("it ran"), (error) => {
        assert.match(error.message, /no end within 4 s/);
      })
  );
  const { code, stderr } = await ctr.run("localhost/stuck:latest", "waits");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /failed to create shim task: .*\/function\.wasm: function waits is not ready .*proxy_on_vm_start/,
  );
  await Promise.all(left);
  await ctr.do("container", "rm", "left-stuck", "left-slow");
  await untilEmpty(
    "left over",
    async () =>
      [...await snapshot(world.containerd)].filter((line) => !before.has(line)),
    { timeout: 60_000, every: 1_000 },
  );
});

test("scenario 18: fifty functions come and go and leave nothing, descriptors of a shared daemon and host included", async (world) => {
  const { ctr, containerd } = world;
  const keeper = await ctr.start(ANY, "keeper", { flags: inPod("shared") });
  const shim = await shimOf(world, "keeper");
  const round = async (from: number, count: number, pod?: string) => {
    const ids = Array.from({ length: count }, (_, i) => `n${from + i}`);
    for (const id of ids) {
      await ctr.start(ANY, id, { flags: pod ? inPod(pod) : [] });
    }
    for (const id of ids) await ctr.remove(id);
  };
  await round(0, 10, "shared");
  const open = () =>
    untilSteady(() =>
      descriptors(world, shim.pid) + descriptors(world, keeper.pid)
    );
  const warm = await open();
  await round(10, 30, "shared");
  const end = await open();
  assert(end <= warm, `descriptors grew from ${warm} to ${end}`);
  await round(40, 10);
  assert(isAlive(containerd.box, shim.pid));
  await ctr.remove("keeper");
});

function isAlive(box: World["containerd"]["box"], pid: number): boolean {
  try {
    const status = Deno.readTextFileSync(box.path(`/proc/${pid}/status`));
    return !/^State:\tZ/m.test(status);
  } catch {
    return false;
  }
}

function network({ containerd }: World, pid: number): string {
  return Deno.readLinkSync(containerd.box.path(`/proc/${pid}/ns/net`));
}

function descriptors({ containerd }: World, pid: number): number {
  return [...Deno.readDirSync(containerd.box.path(`/proc/${pid}/fd`))].length;
}

/** A figure that stayed the same over twenty looks: what is still closing has closed by then. */
async function untilSteady(look: () => number): Promise<number> {
  let last = -1;
  let same = 0;
  await until("a steady number of descriptors", () => {
    const now = look();
    same = now === last ? same + 1 : 0;
    last = now;
    return same >= 20;
  });
  return last;
}
