/** containerd ends and comes back while a function runs (SHIM.md §1.10, §10: scenario 16). */
import assert from "node:assert/strict";
import * as guests from "./harness/guests.ts";
import { killTree } from "./harness/box.ts";
import { askInside } from "./harness/http.ts";
import { functionImage } from "./harness/image.ts";
import { Events } from "./harness/ctr.ts";
import { until } from "./harness/poll.ts";
import { shimOf } from "./harness/shim.ts";
import { useContainerd } from "./harness/world.ts";

const SERVER = "localhost/server:latest";

const test = useContainerd({
  images: async () => [
    functionImage(
      SERVER,
      await guests.fn({ answer: "hello", out: "asked\n" }),
    ),
  ],
});

for (const signal of ["TERM", "KILL"] as const) {
  test(`scenario 16: a function runs on while containerd is gone (${signal}), and is found again`, async (world) => {
    const { ctr, containerd } = world;
    const task = await ctr.start(SERVER, "f1");
    const shim = await shimOf(world, "f1");
    await containerd.stop(signal);
    assert.equal(await askInside(world, task.pid), "hello");
    assert.equal(await askInside(world, task.pid), "hello");
    await containerd.start();

    assert.deepEqual(await ctr.task("f1"), task);
    assert.deepEqual(await shimOf(world, "f1"), shim);
    assert.equal(await attach(world), "asked\nasked\n");
    const events = new Events(ctr);
    try {
      await until("ctr events is connected", async () => {
        await ctr.do("namespaces", "label", ctr.namespace, `n=${Date.now()}`);
        return events.lines.length > 0;
      });
      await ctr.do("task", "kill", "f1");
      await ctr.untilStatus("f1", "STOPPED");
      await ctr.try(["task", "rm", "f1"]);
      await until(
        "the delete event",
        () => events.of("f1").some(({ topic }) => topic === "/tasks/delete"),
      );
      assert.deepEqual(events.of("f1").map(({ topic }) => topic), [
        "/tasks/exit",
        "/tasks/delete",
      ]);
    } finally {
      await events.close();
    }
    await ctr.do("container", "rm", "f1");
  });
}

test("scenario 17: a function that ends while containerd is gone is found stopped", async (world) => {
  const { ctr, containerd } = world;
  const { pid } = await ctr.start(SERVER, "f1");
  await containerd.stop("KILL");
  await containerd.box.kill(pid, "KILL");
  await containerd.start();
  await ctr.untilStatus("f1", "STOPPED");
  const { stdout, stderr } = await ctr.try(["task", "rm", "f1"]);
  assert.match(stdout + stderr, /exit with non-zero exit code 137/);
  await ctr.do("container", "rm", "f1");
});

/** What `ctr task attach` shows of f1 until two lines have come. */
async function attach(
  { ctr, containerd }: Parameters<Parameters<typeof test>[1]>[0],
): Promise<string> {
  const child = containerd.box.spawn(ctr.command("task", "attach", "f1"), {
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  let text = "";
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  const reading = (async () => {
    while (true) {
      const { done, value } = await reader.read();
      if (done) return;
      text += value;
    }
  })();
  try {
    await until("two lines of output", () => text.split("\n").length > 2);
  } finally {
    killTree(child);
    await child.status;
    await reading;
  }
  return text;
}
