/**
 * A host is caged before its containers exist; what is mounted for them later must appear in it (DESIGN, decision 6),
 * whether the node's mounts are shared, as systemd makes them, or private, as they are without.
 */
import assert from "node:assert/strict";
import * as guests from "./harness/guests.ts";
import { ask } from "./harness/http.ts";
import { functionImage } from "./harness/image.ts";
import { until } from "./harness/poll.ts";
import { useContainerd } from "./harness/world.ts";

const SERVER = "localhost/server:latest";
const SHOW = "localhost/show:latest";

for (const propagation of ["shared", "private"] as const) {
  const test = useContainerd({
    pods: true,
    propagation,
    images: async () => [
      functionImage(SERVER, await guests.fn({ answer: "hello" })),
      functionImage(SHOW, await guests.show("data/note.txt")),
    ],
  });

  test(`late mounts: a container that joins a running host sees its own volume (mounts are ${propagation} on the node)`, async ({ cri, containerd }) => {
    const pod = await cri.runPod();
    const first = await cri.start(pod, { name: "first", image: SERVER });
    assert.equal((await ask(pod.address)).body, "hello");
    // The host of this pod runs by now; what follows is mounted under its eyes.
    for (const name of ["second", "third"]) {
      const folder = `${containerd.folder}/volumes/${name}`;
      await Deno.mkdir(folder, { recursive: true });
      await Deno.writeTextFile(`${folder}/note.txt`, `for ${name}\n`);
      const id = await cri.start(pod, {
        name,
        image: SHOW,
        mounts: [{ host: folder, container: "/data", readOnly: true }],
      });
      const { exitCode } = await cri.untilExited(id);
      const said = await until("its log", async () => {
        const log = await cri.log(pod, name);
        return log.length > 0 && log.map(({ text }) => text).join("\n");
      });
      assert.equal(said, `for ${name}`);
      assert.equal(exitCode ?? 0, 0);
    }
    // A container without the volume does not see that of another.
    const none = await cri.start(pod, { name: "fourth", image: SHOW });
    assert.equal((await cri.untilExited(none)).exitCode, 44, "errno 44: noent");
    assert.equal((await cri.status(first)).state, 1);
    await cri.removePod(pod);
  });
}
