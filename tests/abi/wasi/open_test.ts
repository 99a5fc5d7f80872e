/** `path_open`, and which paths it takes. */
import assert from "node:assert/strict";
import { RecordingHost } from "../guests.ts";
import { CommandProbe, PAGE } from "../probe.ts";
import { ALL, O, type Open, PATH, R, READ, World, WRITE } from "./world.ts";

/** Opening in a fresh world: what is opened how, and the errno, 0 for success. */
const OPENS: [path: string, options: Open, errno: number][] = [
  ["a.txt", {}, 0],
  ["a.txt", { rights: READ | WRITE }, 0],
  ["a.txt", { rights: 0n }, 0],
  ["nothing", {}, 44],
  ["new", { flags: O.create }, 0],
  ["new", { flags: O.create, rights: WRITE }, 0],
  ["nothing/new", { flags: O.create }, 44],
  ["a.txt/new", { flags: O.create }, 54],
  ["a.txt", { flags: O.create | O.exclusive }, 20],
  ["new", { flags: O.create | O.exclusive }, 0],
  ["link", { flags: O.create | O.exclusive }, 20],
  ["dangling", { flags: O.create | O.exclusive }, 20],
  ["dir", { flags: O.create | O.exclusive }, 20],
  ["a.txt", { flags: O.exclusive }, 0],
  ["dir", {}, 0],
  ["dir", { flags: O.directory }, 0],
  ["dir/", { flags: O.directory }, 0],
  ["dir", { flags: O.directory, rights: READ | WRITE }, 0],
  ["dir", { rights: WRITE }, 31],
  ["dir", { rights: ALL & ~WRITE }, 0],
  ["a.txt", { fd: 4, rights: ALL & ~WRITE }, 0],
  ["dir", { flags: O.create }, 31],
  ["dir", { flags: O.truncate, rights: WRITE }, 31],
  ["a.txt", { flags: O.directory }, 54],
  ["a.txt/", {}, 54],
  ["new/", { flags: O.create }, 31],
  ["nothing", { flags: O.directory }, 44],
  ["new", { flags: O.directory | O.create }, 28],
  ["dir", { flags: O.directory | O.truncate }, 28],
  [".", {}, 0],
  ["./dir/./sub/..", { flags: O.directory }, 0],
  ["link", {}, 0],
  ["link", { follow: false }, 32],
  ["link/", {}, 54],
  ["to-dir", { flags: O.directory }, 0],
  ["to-dir", { flags: O.directory, follow: false }, 54],
  ["to-dir/", { flags: O.directory, follow: false }, 0],
  ["to-dir/b.txt", { follow: false }, 0],
  ["dangling", {}, 44],
  ["dangling", { flags: O.create }, 0],
  ["dangling", { follow: false, flags: O.create }, 32],
  ["loop", {}, 32],
  ["loop/x", {}, 32],
  ["loop", { follow: false }, 32],
  ["a.txt", { fd: 4 }, 0],
  ["a.txt", { fd: 4, rights: WRITE }, 69],
  ["a.txt", { fd: 4, flags: O.truncate }, 69],
  ["new", { fd: 4, flags: O.create }, 69],
  ["a.txt", { fd: 4, flags: O.create }, 0],
  ["a.txt", { fd: 4, flags: O.create | O.exclusive }, 20],
  ["a.txt", { fdFlags: 32 }, 28],
  ["a.txt", { fdFlags: 31, rights: WRITE }, 0],
  ["a.txt", { fd: 1 }, 54],
  ["a.txt", { fd: 99 }, 8],
  ["", {}, 44],
  ["..", {}, 76],
  ["../x", {}, 76],
  ["dir/../../x", {}, 76],
  ["/a.txt", {}, 76],
  ["a\0.txt", {}, 28],
  ["x".repeat(256), {}, 37],
  ["x/".repeat(2049), {}, 37],
];

for (const [path, options, errno] of OPENS) {
  const { fd, ...how } = options;
  const from = fd === undefined ? "" : ` from ${fd}`;
  const said = JSON.stringify(
    how,
    (_, value) => typeof value === "bigint" ? Number(value) : value,
  );
  Deno.test(`opening ${JSON.stringify(path.slice(0, 20))}${from} ${said} is ${errno}`, async () => {
    using world = new World();
    const opened = await world.open(path, options);
    if (errno === 0) assert.equal(opened, 5);
    else assert.equal(opened, -errno);
  });
}

Deno.test("what opening a file does to it is what the flags say", async () => {
  using world = new World();
  await world.open("a.txt", { flags: O.create, rights: WRITE });
  assert.equal(world.text("a.txt"), "0123456789");
  await world.open("link", { flags: O.truncate, rights: WRITE });
  assert.equal(world.text("a.txt"), "");
  await world.open("dangling", { flags: O.create, rights: WRITE });
  assert.equal(world.text("nothing"), "");
});

Deno.test("paths are seen from the directory they are opened from", async () => {
  using world = new World();
  const dir = await world.open("dir", { flags: O.directory });
  assert.equal(await world.open("b.txt", { fd: dir }), 6);
  assert.equal(await world.open("sub/../b.txt", { fd: dir }), 7);
  assert.equal(await world.open("../a.txt", { fd: dir }), -76);
  assert.equal(await world.open("a.txt", { fd: dir }), -44);
  const file = await world.open("a.txt");
  assert.equal(await world.open("b.txt", { fd: file }), -54);
});

Deno.test("an absolute symlink starts at the preopen, from wherever it is followed", async () => {
  using world = new World();
  Deno.symlinkSync("/a.txt", `${world.root}/dir/absolute`);
  Deno.symlinkSync("../a.txt", `${world.root}/dir/above`);
  Deno.symlinkSync("../../../../a.txt", `${world.root}/dir/far-above`);
  const dir = await world.open("dir", { flags: O.directory });
  for (const name of ["absolute", "above", "far-above"]) {
    for (const [path, fd] of [[`dir/${name}`, 3], [name, dir]] as const) {
      const opened = await world.open(path, { fd });
      assert.equal(await world.read(opened, 4), "0123", path);
    }
  }
});

Deno.test("a guest holds at most as many descriptors as the broker gives it", async () => {
  using world = new World();
  let last = 0;
  for (let i = 0; i < 1024; i++) last = await world.open("a.txt");
  assert.equal(last, 1028);
  assert.equal(await world.open("a.txt"), -33);
  assert.equal(await world.call("fd_close", 7), 0);
  assert.equal(await world.open("a.txt"), 7);
});

Deno.test("preopens are numbered from 3 and told with their names", async () => {
  using world = new World();
  const { guest } = world;
  for (const [fd, name] of [[3, "/"], [4, "/ro"]] as const) {
    const size = name.length;
    guest.memory.fill(0xaa, R, R + 16);
    assert.equal(await world.call("fd_prestat_get", fd, R), 0);
    assert.deepEqual([guest.u32(R), guest.u32(R + 4)], [0, size]);
    assert.equal(guest.u32(R + 8), 0xaaaaaaaa);
    guest.memory.fill(0xaa, R, R + 16);
    assert.equal(await world.call("fd_prestat_dir_name", fd, R, size), 0);
    assert.equal(
      new TextDecoder().decode(guest.memory.slice(R, R + size)),
      name,
    );
    assert.equal(guest.memory[R + size], 0xaa);
    assert.equal(await world.call("fd_prestat_dir_name", fd, R, size - 1), 37);
    assert.equal(
      await world.call("fd_prestat_dir_name", fd, PAGE - size + 1, size),
      21,
    );
  }
  const dir = await world.open("dir");
  for (const fd of [dir, 1, 99]) {
    assert.equal(await world.call("fd_prestat_get", fd, R), 8);
    assert.equal(await world.call("fd_prestat_dir_name", fd, R, 9), 8);
  }
  assert.equal(await world.call("fd_prestat_get", 3, PAGE - 7), 21);
});

Deno.test("without preopens there are no files", async () => {
  const guest = new CommandProbe([], [], new RecordingHost());
  assert.equal(await guest.wait("fd_prestat_get", 3, R), 8);
  const size = guest.put(PATH, "a.txt");
  assert.equal(
    await guest.wait("path_open", 3, 1, PATH, size, 0, READ, 0n, 0, R),
    8,
  );
});
