/** Attributes: what the kernel says, in both layouts, and setting them. */
import assert from "node:assert/strict";
import { CommandProbe, PAGE } from "../probe.ts";
import { R, World } from "./world.ts";

Deno.test("attributes are 64 bytes, the same for a path and for a descriptor", async () => {
  using world = new World();
  const { guest } = world;
  guest.memory.fill(0xaa, R, R + 80);
  const byPath = await world.call(
    "path_filestat_get",
    3,
    1,
    ...world.path("a.txt"),
    R,
  );
  assert.equal(byPath, 0);
  const stat = guest.memory.slice(R, R + 64);
  const real = Deno.statSync(`${world.root}/a.txt`);
  assert.equal(guest.u64(R + 8), BigInt(real.ino!));
  assert.equal(guest.u64(R + 16), 4n, "a file, and zeros");
  assert.equal(guest.u64(R + 24), 1n);
  assert.equal(guest.u64(R + 32), 10n);
  const ms = (at: number) => Number(guest.u64(at) / 1_000_000n);
  assert.deepEqual(
    [ms(R + 40), ms(R + 48), Math.floor(ms(R + 56) / 1000)],
    [
      real.atime!.getTime(),
      real.mtime!.getTime(),
      // Deno has whole seconds only of this one.
      Math.floor(real.ctime!.getTime() / 1000),
    ],
  );
  assert.equal(guest.u64(R + 64), 0xaaaaaaaaaaaaaaaan);
  const fd = await world.open("a.txt");
  assert.equal(await world.call("fd_filestat_get", fd, R), 0);
  assert.deepEqual(guest.memory.slice(R, R + 64), stat);
  assert.equal(await world.call("fd_filestat_get", fd, PAGE - 63), 21);
});

Deno.test("under wasi_unstable attributes are 56 bytes, with a u32 of links", async () => {
  using world = new World("wasi_unstable");
  const { guest } = world;
  Deno.linkSync(`${world.root}/a.txt`, `${world.root}/second`);
  guest.memory.fill(0xaa, R, R + 64);
  const fd = await world.open("a.txt");
  guest.memory.fill(0xaa, R, R + 64);
  assert.equal(await world.call("fd_filestat_get", fd, R), 0);
  assert.equal(guest.u32(R + 16), 4);
  assert.equal(guest.u32(R + 20), 2);
  assert.equal(guest.u64(R + 24), 10n);
  const { mtime } = Deno.statSync(`${world.root}/a.txt`);
  assert.equal(Number(guest.u64(R + 40) / 1_000_000n), mtime!.getTime());
  assert.equal(guest.u64(R + 56), 0xaaaaaaaaaaaaaaaan);
  assert.equal(await world.call("fd_filestat_get", fd, PAGE - 56), 0);
  assert.equal(await world.call("fd_filestat_get", 1, R), 0);
  assert.equal(guest.u32(R + 20), 1);
});

/** `path_filestat_get`: path, whether links are followed, then the type or the errno negated. */
const TYPES: [path: string, follow: boolean, type: number][] = [
  ["a.txt", true, 4],
  ["dir", true, 3],
  ["dir/", false, 3],
  [".", true, 3],
  ["dir/..", true, 3],
  ["link", true, 4],
  ["link", false, 7],
  ["to-dir/", false, 3],
  ["dangling", true, -44],
  ["dangling", false, 7],
  ["loop", true, -32],
  ["loop", false, 7],
  ["a.txt/", true, -54],
  ["link/", false, -54],
  ["nothing", true, -44],
  ["..", true, -76],
];

for (const [path, follow, type] of TYPES) {
  Deno.test(`the attributes of ${path}, ${follow ? "followed" : "itself"}, say ${type}`, async () => {
    using world = new World();
    const stat = await world.stat(path, follow);
    assert.equal(typeof stat === "number" ? -stat : stat.type, type);
  });
}

const [SET_A, NOW_A, SET_M, NOW_M] = [1, 2, 4, 8];

/** Times set to 1 s and 2 s: flags, then what accessed and modified are: the time, "now" or "same"; or the errno. */
const TIMES: [flags: number, outcome: [unknown, unknown] | number][] = [
  [0, ["same", "same"]],
  [SET_A, [1_000_000_001n, "same"]],
  [SET_M, ["same", 2_000_000_002n]],
  [SET_A | SET_M, [1_000_000_001n, 2_000_000_002n]],
  [NOW_A, ["now", "same"]],
  [NOW_M, ["same", "now"]],
  [NOW_A | SET_M, ["now", 2_000_000_002n]],
  [SET_A | NOW_A, 28],
  [SET_M | NOW_M, 28],
  [16, 28],
];

for (const [flags, outcome] of TIMES) {
  Deno.test(`setting times with the flags ${flags} gives ${outcome}`, async () => {
    using world = new World();
    const old = 5_000_000_000n;
    const fd = await world.open("a.txt");
    const dir = await world.open("dir");
    const both = [1_000_000_001n, 2_000_000_002n, flags] as const;
    const ways: [() => Promise<number>, string][] = [
      [() => world.call("fd_filestat_set_times", fd, ...both), "a.txt"],
      [() => world.call("fd_filestat_set_times", dir, ...both), "dir"],
      [() => setByPath("a.txt", 0), "a.txt"],
      [() => setByPath("link", 1), "a.txt"],
      [() => setByPath("link", 0), "link"],
    ];
    function setByPath(path: string, follow: number): Promise<number> {
      const at = world.path(path);
      return world.call("path_filestat_set_times", 3, follow, ...at, ...both);
    }
    for (const [set, changed] of ways) {
      const reset = await world.call(
        "path_filestat_set_times",
        3,
        0,
        ...world.path(changed),
        old,
        old,
        SET_A | SET_M,
      );
      assert.equal(reset, 0);
      const errno = await set();
      if (typeof outcome === "number") {
        assert.equal(errno, outcome);
        continue;
      }
      assert.equal(errno, 0);
      const stat = await world.stat(changed, false);
      assert(typeof stat === "object");
      for (const [i, time] of [stat.accessed, stat.modified].entries()) {
        const wanted: unknown = outcome[i];
        if (wanted === "now") assert(time > old, `${changed} ${i}`);
        else assert.equal(time, wanted === "same" ? old : wanted, changed);
      }
    }
    assert.equal(await world.call("fd_filestat_set_times", 1, ...both), 28);
  });
}

Deno.test("a read-only preopen keeps its times", async () => {
  using world = new World();
  const at = world.path("a.txt");
  const set = [1n, 1n, SET_A | SET_M] as const;
  assert.equal(
    await world.call("path_filestat_set_times", 4, 0, ...at, ...set),
    69,
  );
  const fd = await world.open("a.txt", { fd: 4 });
  assert.equal(await world.call("fd_filestat_set_times", fd, ...set), 69);
});

/** What a stream is said to be: its kind, the type, and whether C's `isatty` would call it a terminal. */
const STREAMS = [["pipe", 0, false], ["file", 4, false], [
  "terminal",
  2,
  true,
]] as const;

for (const [kind, type, terminal] of STREAMS) {
  Deno.test(`a stream that is a ${kind} has type ${type}`, async () => {
    using world = new World();
    world.host.streams.fill(kind);
    const guest = new CommandProbe([], [], world.host);
    for (const fd of [0, 1, 2]) {
      assert.equal(await guest.wait("fd_fdstat_get", fd, R), 0);
      assert.equal(guest.memory[R], type);
      const seeks = (guest.u64(R + 8) & 0x24n) !== 0n;
      assert.equal(guest.memory[R] === 2 && !seeks, terminal);
      assert.equal(await guest.wait("fd_filestat_get", fd, R), 0);
      assert.equal(guest.memory[R + 16], type);
    }
  });
}
