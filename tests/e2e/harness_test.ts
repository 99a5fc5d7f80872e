/**
 * The harness itself, with a runtime that is known to work: a pod under runc, an HTTP server in it, its address, its
 * log, its end. When this fails, look at the machine before the shim.
 */
import assert from "node:assert/strict";
import { until } from "./harness/poll.ts";
import { assertNothingLeft, snapshot } from "./harness/leftovers.ts";
import { useContainerd } from "./harness/world.ts";

const BUSYBOX = "localhost/busybox:latest";
const SERVE = "busybox echo up; busybox echo 'a word' >&2; " +
  "cd /www; exec busybox httpd -f -p 2045";

const test = useContainerd({
  pods: true,
  images: async () => {
    const busybox = await Deno.readFile("/bin/busybox");
    return [{
      reference: BUSYBOX,
      layers: [{
        "bin/busybox": { file: busybox, mode: 0o755 },
        "www/index.html": "hello",
      }],
      command: ["/bin/busybox", "sh", "-c", SERVE],
    }, {
      // Under runc the pod's own container does run something.
      reference: "localhost/pause:latest",
      layers: [{ "bin/busybox": { file: busybox, mode: 0o755 } }],
      command: ["/bin/busybox", "sleep", "100000"],
    }];
  },
});

test("the harness: a pod under runc answers, logs and leaves nothing", async ({ containerd, cri }) => {
  const pod = await cri.runPod({ handler: "runc" });
  const id = await cri.start(pod, { image: BUSYBOX });
  const answer = await until("an answer from the pod", async () => {
    const response = await fetch(`http://${pod.address}:2045/index.html`);
    return await response.text();
  });
  assert.equal(answer, "hello");
  const lines = await until("two lines of log", async () => {
    const log = await cri.log(pod);
    return log.length === 2 && log;
  });
  assert.deepEqual(lines.map(({ stream, text }) => [stream, text]).sort(), [
    ["stderr", "a word"],
    ["stdout", "up"],
  ]);
  await cri.stopContainer(id, 0);
  assert.equal((await cri.status(id)).exitCode, 137);
  assert(await cri.isReady(pod));
  await cri.removePod(pod);
  assert((await containerd.network?.calls())?.includes(`DEL ${pod.id}`));
});

test("the harness: what is left over is seen", async (world) => {
  const { containerd, ctr } = world;
  const before = await snapshot(containerd);
  await ctr.import({
    reference: BUSYBOX,
    layers: [{
      "busybox": { file: await Deno.readFile("/bin/busybox"), mode: 0o755 },
    }],
    command: ["/busybox", "sleep", "100000"],
  });
  await ctr.do("run", "-d", "--null-io", BUSYBOX, "left");
  // The task runs when runc has been told so, a moment before its program does.
  const left = await until("the program is seen", async () => {
    const lines = [...await snapshot(containerd)]
      .filter((line) => !before.has(line)).join("\n");
    return /^process \d+: \/busybox sleep/m.test(lines) && lines;
  });
  assert.match(left, /^cgroup .*\/left$/m);
  assert.match(left, /^mount .*\/left\/rootfs$/m);
  assert.match(left, /^state folder of task .*\/left$/m);
  assert.match(left, /^file \/run\/containerd\/s\/[0-9a-f]+$/m);
  await ctr.remove("left");
  await assertNothingLeft(containerd, before);
});
