/** What a user can get wrong, through a pod: a clear error, everything else untouched, nothing left. */
import assert from "node:assert/strict";
import * as guests from "./harness/guests.ts";
import { ask } from "./harness/http.ts";
import { functionImage } from "./harness/image.ts";
import type { Pod } from "./harness/cri.ts";
import { until } from "./harness/poll.ts";
import { useContainerd, type World } from "./harness/world.ts";

const GOOD = "localhost/good:latest";
const TWIN = "localhost/twin:latest";
const NAMELESS = "localhost/nameless:latest";
const ODD = "localhost/odd:latest";
const EMPTY = "localhost/empty:latest";

const test = useContainerd({
  pods: true,
  images: async () => {
    const good = await guests.fn({ id: "id_1", answer: "good" });
    const wanting = await guests.fn({
      answer: "",
      unknownImport: "make_coffee",
    });
    const greedy = await guests.assemble(
      `(module (memory (export "memory") 65536) (func (export "_start")))`,
    );
    return [
      functionImage(GOOD, good),
      functionImage(TWIN, good),
      functionImage(NAMELESS, await guests.fn({ answer: "nameless" })),
      {
        reference: ODD,
        layers: [{
          "text.wasm": "#include <stdio.h>\n",
          "short.wasm": good.slice(0, good.length - 20),
          "wanting.wasm": wanting,
          "greedy.wasm": greedy,
          "nothing.wasm": "",
          "folder": { folder: true },
          "outside.wasm": { link: "../../../../etc/passwd" },
        }],
        command: ["/text.wasm"],
      },
      { reference: EMPTY, layers: [{ "readme": "no function here" }] },
    ];
  },
});

/** args[0] of an image, and what the error must say. */
const WRONG: [what: string, path: string, reason: RegExp][] = [
  ["not wasm", "/text.wasm", /\/text\.wasm/],
  ["an empty file", "/nothing.wasm", /\/nothing\.wasm/],
  ["truncated wasm", "/short.wasm", /\/short\.wasm/],
  ["an import nobody provides", "/wanting.wasm", /env\.make_coffee/],
  ["args[0] that does not exist", "/absent.wasm", /\/absent\.wasm/],
  ["a folder", "/folder", /\/folder/],
  ["a link that leads out of the image", "/outside.wasm", /\/outside\.wasm/],
];

for (const [what, path, reason] of WRONG) {
  test(`bad input: ${what} fails at create, by name`, async ({ cri }) => {
    const pod = await cri.runPod();
    const id = await cri.create(pod, { image: ODD, command: [path] });
    await assert.rejects(cri.startContainer(id), (error: Error) => {
      assert.match(error.message, /failed to create (shim|containerd) task/);
      assert.match(error.message, reason);
      return true;
    });
    assert(await cri.isReady(pod), "the sandbox stays");
    // The pod is not spoilt: the right function runs in it.
    await cri.start(pod, { name: "good", image: GOOD });
    assert.equal((await ask(pod.address)).body, "good");
    await cri.removePod(pod);
  });
}

test("bad input: an image without a function says so", async ({ cri }) => {
  const pod = await cri.runPod();
  const id = await cri.create(pod, { image: EMPTY, command: ["/fn.wasm"] });
  await assert.rejects(cri.startContainer(id), /\/fn\.wasm/);
  await cri.removePod(pod);
});

test("bad input: a module that asks for 4 GiB of memory harms nobody", async ({ cri }) => {
  const pod = await cri.runPod();
  await cri.start(pod, { name: "good", image: GOOD });
  const id = await cri.create(pod, {
    name: "greedy",
    image: ODD,
    command: ["/greedy.wasm"],
  });
  // Memory that is only asked for costs nothing: it may run, or be refused for that reason.
  const refused = await cri.startContainer(id).then(() => "", String);
  if (refused !== "") assert.match(refused, /memory/i);
  else assert.equal((await cri.untilExited(id)).exitCode ?? 0, 0);
  assert.equal((await ask(pod.address, { id: "id_1" })).body, "good");
  await cri.removePod(pod);
});

test("bad input: a second function with the same id is refused by name; the first serves on", async (world) => {
  const { cri } = world;
  const pod = await cri.runPod();
  await cri.start(pod, { name: "first", image: GOOD });
  const id = await cri.create(pod, { name: "second", image: TWIN });
  assert.match(await failure(world, pod, id, "second"), /id_1/);
  assert.deepEqual(await ask(pod.address, { id: "id_1" }), {
    status: 200,
    body: "good",
  });
  await cri.removePod(pod);
});

test("bad input: a port that is taken is named", async (world) => {
  const { cri } = world;
  const squatter = Deno.listen({ port: 0 });
  const { port } = squatter.addr;
  try {
    // The other ports are no matter here, and somebody of this machine may have them.
    const pod = await cri.runPod({
      hostNetwork: true,
      annotations: {
        "layotto.mosn.io/http-port": `${port}`,
        "layotto.mosn.io/admin-port": "0",
        "layotto.mosn.io/actuator-port": "0",
      },
    });
    const id = await cri.create(pod, { image: GOOD });
    const reason = await failure(world, pod, id, "fn");
    assert.match(reason, new RegExp(`\\b${port}\\b`));
    await cri.removePod(pod);
  } finally {
    squatter.close();
  }
});

test("bad input: an unknown setting in an annotation is named", async (world) => {
  const { cri } = world;
  const pod = await cri.runPod({
    annotations: { "layotto.mosn.io/max-boddy": "1" },
  });
  const id = await cri.create(pod, { image: GOOD });
  assert.match(await failure(world, pod, id, "fn"), /max-boddy/);
  await cri.removePod(pod);
});

test("a setting in a pod's annotation reaches the function", async ({ cri }) => {
  const pod = await cri.runPod({
    annotations: { "layotto.mosn.io/id": "renamed" },
  });
  // GOOD says its id itself, which wins; so a function that says none.
  await cri.start(pod, { name: "first", image: GOOD });
  await cri.start(pod, { name: "second", image: NAMELESS });
  assert.equal((await ask(pod.address, { id: "renamed" })).body, "nameless");
  await cri.removePod(pod);
});

/** Why a container does not run: the error of its start or, where it started and ended, its log. */
async function failure(
  { cri }: World,
  pod: Pod,
  id: string,
  name: string,
): Promise<string> {
  try {
    await cri.startContainer(id);
  } catch (error) {
    const { message } = error as Error;
    assert.match(message, /failed to (create|start) (shim|containerd) task/);
    return message;
  }
  const { exitCode } = await cri.untilExited(id);
  assert.notEqual(exitCode ?? 0, 0);
  return await until(`a log of ${name}`, async () => {
    const lines = await cri.log(pod, name);
    return lines.length > 0 && lines.map(({ text }) => text).join("\n");
  });
}
