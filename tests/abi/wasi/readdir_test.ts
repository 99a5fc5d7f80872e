/** `fd_readdir`: entries, cookies, and directories that change under it. */
import assert from "node:assert/strict";
import { PAGE } from "../probe.ts";
import { DATA, O, R, World } from "./world.ts";

async function names(world: World, fd: number): Promise<string[]> {
  const list = await world.readdir(fd, 4096, 0n);
  assert(typeof list === "object");
  return list.entries.map(({ name }) => name).sort();
}

Deno.test("a folder is listed whole, with . and .., types and inodes", async () => {
  using world = new World();
  const list = await world.readdir(3, 4096, 0n);
  assert(typeof list === "object");
  assert.deepEqual(
    Object.fromEntries(list.entries.map(({ name, type }) => [name, type])),
    {
      ".": 3,
      "..": 3,
      "a.txt": 4,
      "dangling": 7,
      "dir": 3,
      "link": 7,
      "loop": 7,
      "to-dir": 7,
    },
  );
  for (const { name, inode } of list.entries) {
    const real = name === ".." ? "." : name;
    const { ino } = Deno.lstatSync(`${world.root}/${real}`);
    assert.equal(inode, BigInt(ino!), name);
  }
  const dir = await world.open("dir", { flags: O.directory });
  assert.deepEqual(await names(world, dir), [".", "..", "b.txt", "sub"]);
});

Deno.test("a listing goes on from any cookie, through a buffer of any size", async () => {
  for (const size of [29, 30, 50, 64, 200]) {
    using world = new World();
    for (let i = 0; i < 64; i++) {
      Deno.writeTextFileSync(`${world.root}/dir/f${i}`, "");
    }
    const fd = await world.open("dir");
    const seen: string[] = [];
    let cookie = 0n;
    for (let round = 0; round < 200; round++) {
      world.guest.memory.fill(0xaa, DATA, DATA + 256);
      const list = await world.readdir(fd, size, cookie);
      assert(typeof list === "object");
      assert(list.used <= size);
      assert.equal(world.guest.memory[DATA + size], 0xaa, "not a byte more");
      seen.push(...list.entries.map(({ name }) => name));
      if (list.used < size) break;
      cookie = list.entries.at(-1)?.next ?? cookie;
    }
    assert.equal(seen.length, 68, `${size}`);
    assert.equal(new Set(seen).size, 68);
  }
});

Deno.test("entries that are removed while they are listed are neither repeated nor skipped", async () => {
  using world = new World();
  for (let i = 0; i < 64; i++) Deno.mkdirSync(`${world.root}/dir/sub/d${i}`);
  const fd = await world.open("dir/sub");
  let cookie = 0n;
  let removed = 0;
  for (;;) {
    const list = await world.readdir(fd, 100, cookie);
    assert(typeof list === "object");
    for (const { name, next } of list.entries) {
      cookie = next;
      if (name.startsWith(".")) continue;
      const at = world.path(name);
      assert.equal(await world.call("path_remove_directory", fd, ...at), 0);
      removed++;
    }
    if (list.used < 100) break;
  }
  assert.equal(removed, 64);
  assert.deepEqual(await names(world, fd), [".", ".."], "cookie 0 looks anew");
});

Deno.test("two descriptors of one folder are read apart from each other", async () => {
  using world = new World();
  const one = await world.open("dir");
  const two = await world.open("dir");
  const first = await world.readdir(one, 29, 0n);
  assert(typeof first === "object");
  assert.deepEqual(await names(world, two), [".", "..", "b.txt", "sub"]);
  const rest = await world.readdir(one, 4096, first.entries[0]!.next);
  assert(typeof rest === "object");
  assert.equal(rest.entries.length, 3);
});

Deno.test("a cookie past the end lists nothing; bad descriptors and addresses are told", async () => {
  using world = new World();
  await world.readdir(3, 64, 0n);
  for (const cookie of [99n, -1n]) {
    const list = await world.readdir(3, 64, cookie);
    assert.deepEqual(list, { entries: [], used: 0 });
  }
  const late = await world.open("dir");
  const list = await world.readdir(late, 4096, 2n);
  assert(typeof list === "object" && list.entries.length === 2);
  const fd = await world.open("a.txt");
  assert.equal(await world.readdir(fd, 64, 0n), 54);
  assert.equal(await world.readdir(0, 64, 0n), 54);
  assert.equal(await world.readdir(99, 64, 0n), 8);
  const call = (at: number, size: number, usedAt: number) =>
    world.call("fd_readdir", 3, at, size, 0n, usedAt);
  assert.equal(await call(PAGE - 63, 64, R), 21);
  assert.equal(await call(DATA, 64, PAGE - 3), 21);
  assert.equal(await call(DATA, -1, R), 21);
});

Deno.test("a folder that is gone lists nothing", async () => {
  using world = new World();
  const fd = await world.open("dir/sub");
  Deno.removeSync(`${world.root}/dir/sub`);
  const list = await world.readdir(fd, 64, 0n);
  assert(list === 44 || (typeof list === "object" && list.used === 0));
});
