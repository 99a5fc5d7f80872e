/** Rights that only shrink, flags, and descriptors that are moved. */
import assert from "node:assert/strict";
import { DATA, IOVEC, O, R, READ, World, WRITE } from "./world.ts";

const bit = (n: number) => 1n << BigInt(n);

Deno.test("a descriptor tells its type, its flags and its rights", async () => {
  using world = new World();
  const preopen = await world.fdstat(3);
  assert(typeof preopen === "object");
  assert.equal(preopen.type, 3);
  assert.equal(preopen.rights & 0x26n, 0n, "not those of a file");
  assert.equal(preopen.inheriting, (1n << 30n) - 1n);
  const fd = await world.open("a.txt", { rights: READ, fdFlags: 1 });
  const file = await world.fdstat(fd);
  assert(typeof file === "object");
  assert.deepEqual([file.type, file.flags], [4, 1]);
  assert.equal(file.rights & (READ | WRITE), READ);
  assert.equal(await world.call("fd_fdstat_set_flags", fd, 0), 0);
  assert.equal((await world.fdstat(fd) as typeof file).flags, 0);
  assert.equal(await world.call("fd_fdstat_set_flags", fd, 32), 28);
  assert.equal(await world.call("fd_fdstat_set_flags", 1, 4), 0);
  assert.equal(await world.call("fd_fdstat_set_flags", 1, 2), 58);
  assert.equal(await world.call("fd_fdstat_set_flags", 99, 0), 8);
  assert.equal(await world.fdstat(99), 8);
});

/** A right, a call on file 5, directory 3 or stream 0 that takes it, and which of the three. */
const TAKES: [right: number, name: string, of: 0 | 3 | 5, args: Args][] = [
  [0, "fd_datasync", 5, []],
  [1, "fd_read", 5, [IOVEC, 0, R]],
  [1, "fd_read", 0, [IOVEC, 0, R]],
  [1, "fd_pread", 5, [IOVEC, 0, 0n, R]],
  [2, "fd_seek", 5, [1n, 0, R]],
  [2, "fd_pread", 5, [IOVEC, 0, 0n, R]],
  [2, "fd_pwrite", 5, [IOVEC, 0, 0n, R]],
  [3, "fd_fdstat_set_flags", 5, [0]],
  [4, "fd_sync", 5, []],
  [4, "fd_sync", 3, []],
  [5, "fd_tell", 5, [R]],
  [6, "fd_write", 5, [IOVEC, 0, R]],
  [6, "fd_pwrite", 5, [IOVEC, 0, 0n, R]],
  [7, "fd_advise", 5, [0n, 0n, 0]],
  [8, "fd_allocate", 5, [0n, 1n]],
  [9, "path_create_directory", 3, ["new"]],
  [10, "path_open", 3, [1, "new", O.create, READ, 0n, 0, R]],
  [11, "path_link", 3, [0, "a.txt", 3, "new"]],
  [12, "path_link", 3, [0, "a.txt", 3, "new"]],
  [13, "path_open", 3, [1, "a.txt", 0, READ, 0n, 0, R]],
  [14, "fd_readdir", 3, [DATA, 64, 0n, R]],
  [15, "path_readlink", 3, ["link", DATA, 9, R]],
  [16, "path_rename", 3, ["a.txt", 3, "new"]],
  [17, "path_rename", 3, ["a.txt", 3, "new"]],
  [18, "path_filestat_get", 3, [1, "a.txt", R]],
  [19, "path_open", 3, [1, "a.txt", O.truncate, WRITE, 0n, 0, R]],
  [20, "path_filestat_set_times", 3, [1, "a.txt", 0n, 0n, 0]],
  [21, "fd_filestat_get", 5, [R]],
  [21, "fd_filestat_get", 0, [R]],
  [22, "fd_filestat_set_size", 5, [1n]],
  [23, "fd_filestat_set_times", 5, [0n, 0n, 0]],
  [24, "path_symlink", 3, ["new"]],
  [25, "path_remove_directory", 3, ["dir/sub"]],
  [26, "path_unlink_file", 3, ["a.txt"]],
];
type Args = (number | bigint | string)[];

for (const [right, name, of, args] of TAKES) {
  Deno.test(`without right ${right}, ${name} on ${of} is 76, with it 0`, async () => {
    for (const given of [true, false]) {
      using world = new World();
      await world.open("a.txt", { rights: READ | WRITE });
      let at = 0x100;
      const flat = [of, ...args].flatMap((one) =>
        typeof one === "string" ? world.path(one, at += 0x100) : [one]
      );
      const call = () =>
        name === "path_symlink"
          ? world.call(name, ...world.path("x", 0x900), ...flat)
          : world.call(name, ...flat);
      const stat = await world.fdstat(of);
      assert(typeof stat === "object");
      const { rights, inheriting } = stat;
      assert.notEqual(rights & bit(right), 0n, "it has the right");
      const kept = given ? rights : rights & ~bit(right);
      assert.equal(
        await world.call("fd_fdstat_set_rights", of, kept, inheriting),
        0,
      );
      assert.equal(await call(), given ? 0 : 76);
    }
  });
}

Deno.test("rights given up do not come back, nor with what is opened from there", async () => {
  using world = new World();
  const set = (fd: number, rights: bigint, inheriting: bigint) =>
    world.call("fd_fdstat_set_rights", fd, rights, inheriting);
  const { rights } = await world.fdstat(3) as { rights: bigint };
  const all = (1n << 30n) - 1n;
  assert.equal(await set(3, rights | 2n, all), 76);
  assert.equal(await set(3, rights, all | bit(40)), 76);
  assert.equal(await set(3, rights, -1n), 76);
  assert.equal(await set(3, rights, all & ~WRITE), 0);
  assert.equal(await set(3, rights, all), 76);
  assert.equal(await world.open("a.txt", { rights: WRITE }), -76);
  assert.equal(await world.open("a.txt"), 5);
  const dir = await world.open("dir", { flags: O.directory });
  assert.equal(await world.open("b.txt", { fd: dir, rights: WRITE }), -76);
  assert.equal(await world.open("b.txt", { fd: dir }), 7);
  assert.equal(await set(dir, 0n, 0n), 0);
  assert.equal(await world.open("b.txt", { fd: dir }), -76);
  assert.equal(await set(99, 0n, 0n), 8);
});

Deno.test("where a file stands can be asked with the right to tell alone", async () => {
  using world = new World();
  const fd = await world.open("a.txt");
  await world.call("fd_fdstat_set_rights", fd, bit(5), 0n);
  assert.equal(await world.seek(fd, 0n, 1), 0n);
  assert.equal(await world.seek(fd, 1n, 1), -76n);
});

Deno.test("a descriptor is moved over another, which is closed", async () => {
  using world = new World();
  const closed: number[] = [];
  const { close } = world.files;
  world.files.close = (handle) => {
    closed.push(handle);
    return close.call(world.files, handle);
  };
  const one = await world.open("a.txt");
  const two = await world.open("dir/b.txt");
  await world.seek(one, 4n, 0);
  assert.equal(await world.call("fd_renumber", one, two), 0);
  assert.equal(closed.length, 1);
  assert.equal(await world.read(two, 2), "45", "with its position");
  assert.equal(await world.read(one, 2), 8);
  assert.equal(await world.call("fd_renumber", two, two), 0);
  assert.equal(await world.read(two, 2), "67");
  assert.equal(await world.call("fd_renumber", two, 50), 8);
  assert.equal(await world.call("fd_renumber", 50, two), 8);
  assert.equal(await world.open("a.txt"), one);
});

Deno.test("preopens and streams can be moved and replaced too", async () => {
  using world = new World();
  const file = await world.open("a.txt");
  assert.equal(await world.call("fd_renumber", 3, 4), 0);
  assert.equal(await world.call("fd_prestat_get", 3, R), 8);
  assert.equal(await world.call("fd_prestat_get", 4, R), 0);
  assert.equal(world.guest.u32(R + 4), 1, "it keeps its name");
  const made = await world.open("new", { fd: 4, flags: O.create });
  assert.equal(made, 3, "and what it may do");
  assert.equal(await world.call("fd_renumber", file, 0), 0);
  assert.equal(await world.read(0, 4), "0123");
  const out = await world.open("out", {
    fd: 4,
    flags: O.create,
    rights: WRITE,
  });
  assert.equal(await world.call("fd_renumber", out, 1), 0);
  assert.equal(await world.write(1, "to a file"), 0);
  assert.equal(world.text("out"), "to a file");
  assert.equal(await world.call("fd_close", 4), 0);
  assert.equal(await world.open("a.txt", { fd: 4 }), -8);
});
