/** The shim's binary called by hand, as containerd calls it (SHIM.md §1, §10: scenarios 22 to 24). */
import assert from "node:assert/strict";
import { RuntimeInfo } from "../../proto/gen/containerd/runtimeinfo.ts";
import { DeleteResponse } from "../../proto/gen/containerd/task.ts";
import { SHIM } from "./harness/containerd.ts";
import { until, untilEmpty } from "./harness/poll.ts";
import { snapshot } from "./harness/leftovers.ts";
import { useContainerd, type World } from "./harness/world.ts";

const test = useContainerd();

test("scenario 22: -v tells the version, the kind of build and exits", async ({ containerd }) => {
  const { code, stdout, stderr } = await containerd.box.run([SHIM, "-v"]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  assert.match(stdout, /containerd-shim-layotto-v2/);
  assert.match(stdout, /\d+\.\d+\.\d+/);
  assert.match(stdout, /deno compile|self-extracting/);
});

test("scenario 22: -info prints a RuntimeInfo message and nothing else", async ({ containerd }) => {
  const { success, stdout, stderr } = await containerd.box.spawn(
    [SHIM, "-info"],
    { stdin: "null", stdout: "piped", stderr: "piped" },
  ).output();
  assert(success, new TextDecoder().decode(stderr));
  assert.equal(stderr.length, 0);
  const info = RuntimeInfo.decode(stdout);
  assert.equal(info.name, "io.containerd.layotto.v2");
  assert.notEqual(info.version?.version ?? "", "");
  // Claiming mount types would make containerd leave them to us (SHIM.md §1.3).
  assert(!("containerd.io/runtime-allow-mounts" in (info.annotations ?? {})));
});

test("scenario 23: start prints one address, leaves a listening daemon, and the daemon ends when nobody comes", async (world) => {
  const { containerd } = world;
  const before = await snapshot(containerd);
  const bundle = await fakeBundle(world, "by-hand");
  const { code, stdout, stderr } = await call(world, bundle, [
    "-id",
    "by-hand",
    "start",
  ]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  assert.match(stdout.trimEnd(), /^unix:\/\/\/\S{1,106}$/);
  const path = stdout.trim().replace("unix://", "");
  assert.equal(
    await Deno.readTextFile(`${bundle}/address`),
    `unix://${path}`,
  );
  const socket = await Deno.stat(containerd.box.path(path));
  assert(socket.isSocket);
  const conn = await Deno.connect({
    transport: "unix",
    path: containerd.box.path(path),
  });
  conn.close();
  await untilEmpty(
    "the daemon ends by itself",
    async () =>
      [...await snapshot(containerd)].filter((line) => !before.has(line)),
    { timeout: 150_000, every: 1000 },
  );
});

test("scenario 23: starts of one pod at the same time find one daemon", async (world) => {
  const { containerd } = world;
  const annotations = { "io.kubernetes.cri.sandbox-id": "pod-by-hand" };
  const ids = ["one", "two", "three", "four", "five", "six"];
  const bundles = new Map<string, string>();
  for (const id of ids) {
    bundles.set(id, await fakeBundle(world, id, annotations));
  }
  // All at once: whoever comes later must neither fail nor take the socket away from the first.
  const addresses = await Promise.all(
    [...bundles].map(async ([id, bundle]) => {
      const started = await call(world, bundle, ["-id", id, "start"]);
      assert.equal(started.code, 0, started.stderr);
      const address = await Deno.readTextFile(`${bundle}/address`);
      assert.equal(address, started.stdout.trim());
      return address;
    }),
  );
  assert.equal(new Set(addresses).size, 1);
  await untilEmpty(
    "the daemon ends by itself",
    async () =>
      [...await snapshot(containerd)].filter((line) =>
        /process .*layotto|file .*\/s\//.test(line)
      ),
    { timeout: 150_000, every: 1000 },
  );
});

test("a start that cannot be says why, ends with 1, and leaves neither address nor daemon", async (world) => {
  const { containerd } = world;
  const before = await snapshot(containerd);
  const bundle = await fakeBundle(world, "broken");
  await Deno.writeTextFile(`${bundle}/config.json`, "{");
  for (
    const [args, why] of [
      [["-id", "broken", "start"], /config\.json: not JSON/],
      [["start"], /^start: no -id\n$/],
    ] as const
  ) {
    const { code, stdout, stderr } = await call(world, bundle, [...args]);
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, why);
  }
  await assert.rejects(Deno.stat(`${bundle}/address`), Deno.errors.NotFound);
  await untilEmpty(
    "nothing is left",
    async () =>
      [...await snapshot(containerd)].filter((line) => !before.has(line)),
  );
});

test("scenario 24: delete works twice, and without a bundle, and answers in protobuf", async (world) => {
  const bundle = await fakeBundle(world, "gone");
  for (let round = 0; round < 2; round++) await deleteByHand(world, bundle);
  await Deno.remove(bundle, { recursive: true });
  await Deno.mkdir(bundle);
  await deleteByHand(world, bundle);
  await deleteByHand(
    world,
    `${bundle}-that-never-was`,
    world.containerd.folder,
  );
});

test("delete takes away what a daemon left that died before it had a container", async (world) => {
  const { containerd } = world;
  const before = await snapshot(containerd);
  const added = async (what: RegExp) =>
    [...await snapshot(containerd)].filter((line) =>
      !before.has(line) && what.test(line)
    );
  const bundle = await fakeBundle(world, "gone");
  const { code, stderr } = await call(world, bundle, ["-id", "gone", "start"]);
  assert.equal(code, 0, stderr);
  await until(
    "the daemon has made the pod ahead",
    async () => (await added(/^process .* host( |$)/)).length > 0,
  );
  const [daemon = ""] = await added(/^process .* daemon /);
  await containerd.box.kill(Number(daemon.split(/[ :]+/)[1]), "KILL");
  assert.notDeepEqual(await added(/^(mount|file|cgroup)/), []);
  await deleteByHand(world, bundle);
  await untilEmpty("left over", () => added(/./));
});

test("a daemon that cannot tell its start that it listens ends, and its socket goes with it", async (world) => {
  const { containerd } = world;
  const bundle = await fakeBundle(world, "untold");
  const socket = "/run/layotto/s/untold";
  const daemon =
    `exec ${SHIM} daemon -namespace n -address ${containerd.address} -id untold -bundle ${bundle}`;
  const { code, stderr } = await containerd.box.run([
    "bash",
    "-c",
    `mkdir -p /run/layotto/s; ${daemon} -socket ${socket} >/dev/full`,
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /No space left/);
  assert.throws(
    () => Deno.lstatSync(containerd.box.path(socket)),
    Deno.errors.NotFound,
  );
});

test("delete leaves a daemon alone that waits for its first container", async (world) => {
  const { containerd } = world;
  const bundle = await fakeBundle(world, "gone");
  const { code, stdout } = await call(world, bundle, ["-id", "gone", "start"]);
  assert.equal(code, 0);
  await deleteByHand(world, bundle);
  const path = containerd.box.path(stdout.trim().replace("unix://", ""));
  (await Deno.connect({ transport: "unix", path })).close();
  const daemon = [...await snapshot(containerd)].find((line) =>
    / daemon /.test(line)
  );
  await containerd.box.kill(Number(daemon?.split(/[ :]+/)[1]), "TERM");
});

async function deleteByHand(world: World, bundle: string, cwd = bundle) {
  const args = ["-id", "gone", "-bundle", bundle, "delete"];
  const { containerd } = world;
  const child = containerd.box.spawn(
    ["env", "-C", cwd, ...command(world), ...args],
    {
      env: environment(world),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    },
  );
  const { code, stdout, stderr } = await child.output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const answer = DeleteResponse.decode(stdout);
  assert.equal(answer.exitStatus, 137);
  const at = Number(answer.exitedAt?.seconds ?? 0) * 1000;
  assert(Math.abs(Date.now() - at) < 120_000, `exited_at is ${at}`);
}

/** Calls the shim in a bundle; its output is read to its end, as containerd does. */
async function call(world: World, bundle: string, args: string[]) {
  const { box } = world.containerd;
  return await box.run(["env", "-C", bundle, ...command(world), ...args], {
    env: environment(world),
  });
}

function command({ containerd, ctr }: World): string[] {
  return [
    SHIM,
    "-namespace",
    ctr.namespace,
    "-address",
    containerd.address,
    "-publish-binary",
    "/usr/bin/containerd",
  ];
}

function environment({ containerd }: World): Record<string, string> {
  return { TTRPC_ADDRESS: `${containerd.address}.ttrpc`, GOMAXPROCS: "2" };
}

async function fakeBundle(
  { containerd }: World,
  id: string,
  annotations: Record<string, string> = {},
): Promise<string> {
  const bundle = `${containerd.folder}/by-hand/${id}`;
  await Deno.mkdir(`${bundle}/rootfs`, { recursive: true });
  const spec = {
    ociVersion: "1.0.2",
    process: { args: ["/function.wasm"], env: [], cwd: "/" },
    root: { path: "rootfs" },
    annotations,
    linux: {
      namespaces: [{ type: "network" }],
      cgroupsPath: `/t${containerd.token}/${id}`,
    },
  };
  await Deno.writeTextFile(`${bundle}/config.json`, JSON.stringify(spec));
  return bundle;
}
