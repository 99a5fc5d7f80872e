/** Every call with a descriptor that is not there, and with every address out of bounds. */
import assert from "node:assert/strict";
import { type Argument, FAR, PAGE } from "../probe.ts";
import { WASI } from "../signatures.ts";
import { DATA, IOVEC, PATH, R, World, WRITE } from "./world.ts";

/** Stands for the descriptor: 3 is the directory, 5 a file open for reading and writing. */
const DIR = 3;
const FILE = 5;
const NAME = "a.txt".length;

/** Arguments that work, and which of them are addresses. A path of 5 bytes lies at `PATH`. */
const GOOD: Record<string, [args: Argument[], addresses: number[]]> = {
  args_get: [[R, DATA], [0, 1]],
  args_sizes_get: [[R, R + 4], [0, 1]],
  environ_sizes_get: [[R, R + 4], [0, 1]],
  clock_res_get: [[0, R], [1]],
  clock_time_get: [[0, 0n, R], [2]],
  fd_advise: [[FILE, 0n, 0n, 0], []],
  fd_allocate: [[FILE, 0n, 1n], []],
  fd_close: [[FILE], []],
  fd_datasync: [[FILE], []],
  fd_fdstat_get: [[FILE, R], [1]],
  fd_fdstat_set_flags: [[FILE, 0], []],
  fd_fdstat_set_rights: [[FILE, 0n, 0n], []],
  fd_filestat_get: [[FILE, R], [1]],
  fd_filestat_set_size: [[FILE, 1n], []],
  fd_filestat_set_times: [[FILE, 0n, 0n, 0], []],
  fd_pread: [[FILE, IOVEC, 1, 0n, R], [1, 4]],
  fd_prestat_dir_name: [[4, R, 3], [1]],
  fd_prestat_get: [[DIR, R], [1]],
  fd_pwrite: [[FILE, IOVEC, 1, 0n, R], [1, 4]],
  fd_read: [[FILE, IOVEC, 1, R], [1, 3]],
  fd_readdir: [[DIR, DATA, 64, 0n, R], [1, 4]],
  fd_renumber: [[FILE, DIR], []],
  fd_seek: [[FILE, 0n, 0, R], [3]],
  fd_sync: [[FILE], []],
  fd_tell: [[FILE, R], [1]],
  fd_write: [[FILE, IOVEC, 1, R], [1, 3]],
  path_create_directory: [[DIR, PATH, NAME], [1]],
  path_filestat_get: [[DIR, 1, PATH, NAME, R], [2, 4]],
  path_filestat_set_times: [[DIR, 1, PATH, NAME, 0n, 0n, 0], [2]],
  path_link: [[DIR, 0, PATH, NAME, DIR, PATH, 2], [2, 5]],
  path_open: [[DIR, 1, PATH, NAME, 0, 2n, 0n, 0, R], [2, 8]],
  path_readlink: [[DIR, PATH, NAME, DATA, 9, R], [1, 3, 5]],
  path_remove_directory: [[DIR, PATH, NAME], [1]],
  path_rename: [[DIR, PATH, NAME, DIR, PATH, 2], [1, 4]],
  path_symlink: [[PATH, NAME, DIR, PATH, 2], [0, 3]],
  path_unlink_file: [[DIR, PATH, NAME], [1]],
  poll_oneoff: [[DATA, DATA + 64, 1, R], [0, 1, 3]],
  random_get: [[DATA, 8], [0]],
  sock_accept: [[FILE, 0, R], []],
  sock_recv: [[FILE, IOVEC, 1, 0, R, R], []],
  sock_send: [[FILE, IOVEC, 1, 0, R], []],
  sock_shutdown: [[FILE, 0], []],
};

/** These take no descriptor first, or none at all. */
const WITHOUT = /^(args|environ|clock|poll|proc|random|sched|path_symlink)/;

async function prepared(): Promise<World> {
  const world = new World();
  assert.equal(await world.open("a.txt", { rights: 2n | WRITE }), FILE);
  world.guest.put(PATH, "a.txt");
  world.list(4);
  return world;
}

Deno.test("all functions but those without arguments to get wrong are in the table", () => {
  const left = Object.keys(WASI).filter((name) => !(name in GOOD));
  assert.deepEqual(left, [
    "environ_get",
    "proc_exit",
    "proc_raise",
    "sched_yield",
  ]);
});

for (const [name, [args, addresses]] of Object.entries(GOOD)) {
  if (!WITHOUT.test(name)) {
    Deno.test(`${name} of descriptors that are not there is 8`, async () => {
      for (const fd of [99, -1, 0x7fffffff]) {
        using world = await prepared();
        assert.equal(await world.call(name, fd, ...args.slice(1)), 8);
      }
    });
  }
  for (const at of addresses) {
    Deno.test(`${name} with argument ${at} out of bounds is 21, and nothing is done`, async () => {
      for (const address of [PAGE - 1, PAGE, -1, -4]) {
        using world = await prepared();
        const bad = args.with(at, address);
        const before = [...Deno.readDirSync(world.root)].length;
        assert.equal(await world.call(name, ...bad), 21, `${address}`);
        assert.equal([...Deno.readDirSync(world.root)].length, before);
        assert.equal(world.text("a.txt"), "0123456789");
      }
    });
  }
}

for (const [name, [args, addresses]] of Object.entries(GOOD)) {
  if (addresses.length === 0) continue;
  Deno.test(`${name} takes addresses from 2 GiB on (trap 1)`, async () => {
    using near = await prepared();
    using far = await prepared();
    far.guest.grow(FAR / PAGE);
    far.guest.memory.copyWithin(FAR, 0, PAGE);
    far.guest.view.setUint32(FAR + IOVEC, FAR + DATA, true);
    const below = far.guest.memory.slice(0, PAGE);
    const moved = args.map((one, i) =>
      addresses.includes(i) ? (Number(one) + FAR) | 0 : one
    );
    assert.equal(
      await far.call(name, ...moved),
      await near.call(name, ...args),
    );
    assert.deepEqual(far.guest.memory.slice(0, PAGE), below);
  });
}

Deno.test("a path may not be longer than the memory it lies in, whatever its size says", async () => {
  using world = await prepared();
  for (const size of [PAGE, -1, 0x7fffffff]) {
    assert.equal(await world.call("path_unlink_file", DIR, PATH, size), 21);
  }
  assert.equal(await world.call("path_unlink_file", DIR, PATH, 4097), 37);
  assert.equal(await world.call("path_unlink_file", DIR, PAGE, 0), 44);
});
