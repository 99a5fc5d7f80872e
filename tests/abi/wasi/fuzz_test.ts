/** Calls, arguments and paths at random, from seeds that are kept: nothing breaks, and nothing is reached outside. */
import assert from "node:assert/strict";
import type { Argument } from "../probe.ts";
import { WASI } from "../signatures.ts";
import { DATA, IOVEC, NEW_PATH, O, PATH, R, World } from "./world.ts";

/** How long each seed may take: milliseconds. */
const BUDGET = 400;
const SEEDS = [1, 2, 3, 0xbeef];

/** Numbers below `n`, the same ones for a seed (xorshift32). */
function randomOf(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % n;
  };
}

const ADDRESSES = [PATH, NEW_PATH, R, IOVEC, DATA, 0, 0xfffe, 0x10000, -1, -8];
const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 9, 31, 64, 99, 4097, 65536, -1, -2];
const WIDE = [0n, 1n, 2n, 64n, 255n, (1n << 30n) - 1n, 1n << 62n, -1n, -2n];
const SEGMENTS = [
  "..",
  ".",
  "",
  "a.txt",
  "dir",
  "sub",
  "link",
  "to-dir",
  "dangling",
  "loop",
  "out",
  "out-absolute",
  "new",
  "secret",
  "\xff",
];

function pathOf(random: (n: number) => number): Uint8Array {
  const path = Array.from(
    { length: 1 + random(6) },
    () => SEGMENTS[random(SEGMENTS.length)]!,
  ).join("/");
  return Uint8Array.from(path, (one) => one.charCodeAt(0));
}

/** A world with something beside it that its links lead to. */
function enclosed(): { world: World; outside: string } {
  const world = new World();
  const outside = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${outside}/secret`, "the secret");
  Deno.symlinkSync(
    `../${outside.split("/").at(-1)}`,
    `${world.root}/out`,
  );
  Deno.symlinkSync(outside, `${world.root}/out-absolute`);
  return { world, outside };
}

function assertUntouched(outside: string): void {
  assert.deepEqual(
    [...Deno.readDirSync(outside)].map(({ name }) => name),
    ["secret"],
  );
  assert.equal(Deno.readTextFileSync(`${outside}/secret`), "the secret");
}

const NAMES = Object.keys(WASI).filter((name) => !name.startsWith("proc_"));

for (const seed of SEEDS) {
  Deno.test(`any calls in any order only give errnos (seed ${seed})`, async () => {
    const random = randomOf(seed);
    const { world, outside } = enclosed();
    using _ = world;
    // Whoever waits for stdin gets its end.
    world.host.stdin = [];
    const until = performance.now() + BUDGET;
    for (let round = 0; performance.now() < until; round++) {
      const name = NAMES[random(NAMES.length)]!;
      // Sleeping takes longer than the test may.
      if (name === "poll_oneoff") continue;
      world.path(pathOf(random), PATH);
      world.path(pathOf(random), NEW_PATH);
      world.list(random(64), ADDRESSES[random(ADDRESSES.length)]!);
      const args = [...WASI[name]!].map((type): Argument =>
        type === "I"
          ? WIDE[random(WIDE.length)]!
          : random(2) === 0
          ? ADDRESSES[random(ADDRESSES.length)]!
          : NUMBERS[random(NUMBERS.length)]!
      );
      const errno = await world.call(name, ...args);
      assert(Number.isInteger(errno) && errno >= 0 && errno <= 76, name);
    }
    assertUntouched(outside);
    Deno.removeSync(outside, { recursive: true });
  });

  Deno.test(`any path that can be read is inside (seed ${seed})`, async () => {
    const random = randomOf(seed);
    const { world, outside } = enclosed();
    using _ = world;
    const until = performance.now() + BUDGET;
    let opened = 0;
    while (performance.now() < until) {
      const path = pathOf(random);
      const folder = await world.open(
        ["dir", "to-dir", "dir/sub", "."][random(4)]!,
        { flags: O.directory },
      );
      const text = String.fromCharCode(...path);
      const errno = await world.call(
        "path_open",
        random(2) === 0 ? 3 : folder,
        random(2),
        ...world.path(path),
        random(2) * O.create,
        66n,
        0n,
        0,
        R,
      );
      if (errno === 0) {
        opened++;
        const fd = world.guest.u32(R);
        assert.notEqual(await world.read(fd, 20), "the secret", text);
        await world.write(fd, "overwritten");
        await world.call("fd_close", fd);
      }
      await world.call("fd_close", folder);
    }
    assert(opened > 0);
    assertUntouched(outside);
    Deno.removeSync(outside, { recursive: true });
  });
}
