/**
 * One containerd per test file, started before its first test and ended after its last; around each test the check
 * that nothing is left. A failed test is cleaned up after, so that it does not fail the next one too.
 */
import type { Containerd, ContainerdOptions } from "./containerd.ts";
import { Containerd as Daemon } from "./containerd.ts";
import { Ctr } from "./ctr.ts";
import { Cri } from "./cri.ts";
import type { ImageOptions } from "./image.ts";
import { assertNothingLeft, type Snapshot, snapshot } from "./leftovers.ts";
import { canRun, scenario } from "./scenario.ts";

/** What a test is given. */
export interface World {
  readonly containerd: Containerd;
  /** `ctr` in a namespace of its own. */
  readonly ctr: Ctr;
  /** `ctr` in the namespace of pods. */
  readonly podCtr: Ctr;
  /** The CRI client; only where `pods` was asked for. */
  readonly cri: Cri;
}

export interface WorldOptions extends ContainerdOptions {
  /** Images that every test of the file may use, imported once. */
  images?: () => Promise<ImageOptions[]>;
}

/** Registers a test; it fails when it throws or leaves something behind. */
export type WorldTest = (
  name: string,
  fn: (world: World) => Promise<void>,
) => void;

/** Prepares a containerd for this file and gives the function that registers its tests. */
export function useContainerd(options: WorldOptions = {}): WorldTest {
  let world: World | undefined;
  if (canRun) {
    Deno.test.beforeAll(async () => {
      world = await open(options);
    });
    Deno.test.afterAll(async () => {
      if (world) await close(world);
    });
  }
  return (name, fn) =>
    scenario(name, async () => {
      if (!world) throw new Error("containerd did not start");
      await check(world, fn);
    });
}

async function open(options: WorldOptions): Promise<World> {
  const containerd = await Daemon.open(options);
  try {
    const ctr = new Ctr(containerd);
    const podCtr = new Ctr(containerd, "k8s.io");
    const target = options.pods ? podCtr : ctr;
    if (options.pods) {
      // Never run by our handler, but CRI wants an image of this name.
      await podCtr.import({
        reference: "localhost/pause:latest",
        layers: [{ "pause": "#!/bin/false\n" }],
        command: ["/pause"],
      });
    }
    for (const image of await options.images?.() ?? []) {
      await target.import(image);
    }
    const cri = new Cri(containerd);
    return { containerd, ctr, podCtr, cri };
  } catch (error) {
    await containerd.close();
    throw error;
  }
}

async function close({ containerd, cri }: World): Promise<void> {
  cri.close();
  const bad = await containerd.badLogLines();
  await containerd.close();
  if (bad.length > 0) {
    throw new Error(`containerd's log has:\n  ${bad.join("\n  ")}`);
  }
}

async function check(
  world: World,
  fn: (world: World) => Promise<void>,
): Promise<void> {
  const { containerd } = world;
  const before = await snapshot(containerd);
  const start = (await containerd.log()).length;
  try {
    await fn(world);
    await assertNothingLeft(containerd, before);
  } catch (error) {
    const said = (await containerd.log()).slice(start).trimEnd();
    const swept = await sweep(world, before).then(() => "", String);
    const { message, stack } = error as Error;
    throw new Error(
      `${message}\ncontainerd's log of this test:\n${said}\n${swept}`,
      { cause: stack },
    );
  }
}

/** Removes whatever a failed test has left, by force. */
async function sweep(world: World, before: Snapshot): Promise<void> {
  const { containerd, ctr, podCtr, cri } = world;
  if (containerd.network) await cri.removeAll();
  for (const client of [ctr, podCtr]) {
    const { stdout } = await client.try(["container", "ls", "-q"]);
    for (const id of stdout.split("\n").filter((line) => line !== "")) {
      await client.try(["task", "rm", "-f", id], { timeout: 10_000 })
        .catch(() => {});
      await client.try(["container", "rm", id]);
    }
  }
  for (const line of await snapshot(containerd)) {
    const pid = /^process (\d+):/.exec(line)?.[1];
    if (pid && !before.has(line)) {
      await containerd.box.kill(Number(pid), "KILL").catch(() => {});
    }
  }
}
