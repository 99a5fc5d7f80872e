/** Making, moving, linking and removing what has a name. */
import assert from "node:assert/strict";
import { text } from "../guests.ts";
import { DATA, NEW_PATH, O, R, World } from "./world.ts";

/** One path: the call, the path, the errno, and the paths that exist after it (a `!` before those that do not). */
const ONE: [call: string, path: string, errno: number, after: string[]][] = [
  ["path_create_directory", "new", 0, ["new"]],
  ["path_create_directory", "new/", 0, ["new"]],
  ["path_create_directory", "dir/new", 0, ["dir/new"]],
  ["path_create_directory", "to-dir/new", 0, ["dir/new"]],
  ["path_create_directory", "dir", 20, []],
  ["path_create_directory", "a.txt", 20, []],
  ["path_create_directory", "dangling", 20, ["!nothing"]],
  ["path_create_directory", "dangling/", 20, ["!nothing"]],
  ["path_create_directory", "nothing/new", 44, []],
  ["path_create_directory", "a.txt/new", 54, []],
  ["path_create_directory", ".", 20, []],
  ["path_create_directory", "loop/x", 32, []],
  ["path_remove_directory", "dir/sub", 0, ["!dir/sub"]],
  ["path_remove_directory", "dir/sub/", 0, ["!dir/sub"]],
  ["path_remove_directory", "dir", 55, ["dir"]],
  ["path_remove_directory", "a.txt", 54, ["a.txt"]],
  ["path_remove_directory", "to-dir", 54, ["to-dir"]],
  ["path_remove_directory", "to-dir/", 54, ["dir"]],
  ["path_remove_directory", "nothing", 44, []],
  ["path_remove_directory", ".", 28, []],
  ["path_remove_directory", "dir/sub/..", 55, ["dir"]],
  ["path_unlink_file", "a.txt", 0, ["!a.txt", "link"]],
  ["path_unlink_file", "link", 0, ["!link", "a.txt"]],
  ["path_unlink_file", "dangling", 0, ["!dangling"]],
  ["path_unlink_file", "loop", 0, ["!loop"]],
  ["path_unlink_file", "to-dir", 0, ["!to-dir", "dir/b.txt"]],
  ["path_unlink_file", "a.txt/", 54, ["a.txt"]],
  ["path_unlink_file", "link/", 54, ["link", "a.txt"]],
  ["path_unlink_file", "dir", 31, ["dir"]],
  ["path_unlink_file", "dir/", 31, ["dir"]],
  ["path_unlink_file", "nothing", 44, []],
];

function check(world: World, after: string[]): void {
  for (const path of after) {
    const exists = (name: string) => {
      try {
        Deno.lstatSync(`${world.root}/${name}`);
        return true;
      } catch {
        return false;
      }
    };
    if (path.startsWith("!")) assert(!exists(path.slice(1)), path);
    else assert(exists(path), path);
  }
}

for (const [call, path, errno, after] of ONE) {
  Deno.test(`${call} of ${path} is ${errno}`, async () => {
    using world = new World();
    assert.equal(await world.call(call, 3, ...world.path(path)), errno);
    check(world, after);
    const other = await world.call(call, 4, ...world.path("dir/sub/x"));
    assert.equal(other, 69, "nothing through a read-only preopen");
  });
}

/** `path_rename`, as POSIX has it: what is there is replaced if it is of the same kind, and a directory empty. */
const RENAMES: [from: string, to: string, errno: number, after: string[]][] = [
  ["a.txt", "new", 0, ["!a.txt", "new"]],
  ["a.txt", "dir/b.txt", 0, ["!a.txt", "dir/b.txt"]],
  ["a.txt", "a.txt", 0, ["a.txt"]],
  ["a.txt", "link", 0, ["!a.txt", "link"]],
  ["link", "new", 0, ["!link", "new", "a.txt"]],
  ["dangling", "a.txt", 0, ["!dangling", "a.txt"]],
  ["a.txt", "dir", 31, ["a.txt"]],
  ["a.txt", "new/", 54, ["a.txt"]],
  ["a.txt/", "new", 54, ["a.txt"]],
  ["a.txt", "nothing/new", 44, ["a.txt"]],
  ["a.txt", "loop/x", 32, ["a.txt"]],
  ["nothing", "new", 44, []],
  ["dir", "new", 0, ["!dir", "new/b.txt"]],
  ["dir", "new/", 0, ["!dir", "new/b.txt"]],
  ["dir/", "new", 0, ["!dir", "new/b.txt"]],
  ["dir", "empty", 0, ["!dir", "empty/b.txt"]],
  ["dir/sub", "full", 55, ["dir/sub", "full/x"]],
  ["dir", "a.txt", 54, ["dir", "a.txt"]],
  ["dir", "dir/sub/new", 28, ["dir/sub"]],
  ["dir/sub", "dir", 55, ["dir/sub"]],
  ["dir", "link", 54, ["dir"]],
  ["to-dir", "new", 0, ["!to-dir", "new", "dir"]],
  [".", "new", 10, []],
  ["dir", "dir/..", 10, ["dir"]],
];

for (const [from, to, errno, after] of RENAMES) {
  Deno.test(`renaming ${from} to ${to} is ${errno}`, async () => {
    using world = new World();
    Deno.mkdirSync(`${world.root}/empty`);
    Deno.mkdirSync(`${world.root}/full/x`, { recursive: true });
    const paths = [...world.path(from), 3, ...world.path(to, NEW_PATH)];
    assert.equal(await world.call("path_rename", 3, ...paths), errno);
    check(world, after);
  });
}

/** `path_link`. */
const LINKS: [
  from: string,
  follow: boolean,
  to: string,
  errno: number,
  after: string[],
][] = [
  ["a.txt", false, "new", 0, ["new", "a.txt"]],
  ["a.txt", false, "dir/new", 0, ["dir/new"]],
  ["a.txt", false, "dir/b.txt", 20, []],
  ["a.txt", false, "link", 20, []],
  ["a.txt", false, "dangling", 20, []],
  ["a.txt", false, "new/", 44, ["!new"]],
  ["a.txt/", false, "new", 54, ["!new"]],
  ["a.txt", false, "nothing/new", 44, []],
  ["nothing", false, "new", 44, []],
  ["dir", false, "new", 63, ["!new"]],
  ["link", false, "new", 0, ["new"]],
  ["link", true, "new", 0, ["new"]],
  ["dangling", false, "new", 0, ["new"]],
  ["dangling", true, "new", 44, ["!new"]],
  ["loop", true, "new", 32, ["!new"]],
  ["to-dir/b.txt", false, "new", 0, ["new"]],
];

for (const [from, follow, to, errno, after] of LINKS) {
  Deno.test(`linking ${from}${follow ? ", followed," : ""} to ${to} is ${errno}`, async () => {
    using world = new World();
    const paths = [...world.path(from), 3, ...world.path(to, NEW_PATH)];
    const flags = follow ? 1 : 0;
    assert.equal(await world.call("path_link", 3, flags, ...paths), errno);
    check(world, after);
  });
}

Deno.test("a hard link is the same file, a link to a symlink is what was asked for", async () => {
  using world = new World();
  const link = async (from: string, flags: number, to: string) => {
    const paths = [...world.path(from), 3, ...world.path(to, NEW_PATH)];
    assert.equal(await world.call("path_link", 3, flags, ...paths), 0);
  };
  await link("a.txt", 0, "one");
  await link("link", 1, "two");
  await link("link", 0, "three");
  const first = await world.stat("a.txt");
  assert.deepEqual(await world.stat("one"), first);
  assert.deepEqual(await world.stat("two", false), first);
  assert(typeof first === "object" && first.links === 3n);
  const third = await world.stat("three", false);
  assert(typeof third === "object" && third.type === 7);
});

Deno.test("names can be moved and linked between directories and preopens", async () => {
  using world = new World();
  const dir = await world.open("dir", { flags: O.directory });
  const call = (name: string, ...args: (number | string)[]) => {
    let at = 0x100;
    return world.call(
      name,
      ...args.flatMap((one) =>
        typeof one === "number" ? [one] : world.path(one, at += 0x100)
      ),
    );
  };
  assert.equal(await call("path_rename", 3, "a.txt", dir, "moved"), 0);
  assert.equal(world.text("dir/moved"), "0123456789");
  assert.equal(await call("path_link", dir, 0, "moved", 3, "back"), 0);
  assert.equal(await call("path_symlink", "moved", dir, "sym"), 0);
  assert.equal(Deno.readLinkSync(`${world.root}/dir/sym`), "moved");
  assert.equal(await call("path_rename", 3, "back", 4, "x"), 69);
  assert.equal(await call("path_rename", 4, "back", 3, "x"), 69);
  assert.equal(await call("path_link", 3, 0, "back", 4, "x"), 69);
  assert.equal(await call("path_symlink", "x", 4, "x"), 69);
});

/** `path_symlink`: what a link says is nobody's business until it is followed. */
const SYMLINKS: [target: string, path: string, errno: number][] = [
  ["a.txt", "new", 0],
  ["../../etc/passwd", "new", 0],
  ["/etc/passwd", "new", 0],
  ["new", "new", 0],
  ["x".repeat(4095), "new", 0],
  ["x".repeat(4096), "new", 37],
  ["", "new", 44],
  ["a\0b", "new", 28],
  ["x", "a.txt", 20],
  ["x", "dangling", 20],
  ["x", "dir", 20],
  ["x", "new/", 44],
  ["x", "nothing/new", 44],
  ["x", "", 44],
  ["x", "../new", 76],
];

for (const [target, path, errno] of SYMLINKS) {
  Deno.test(`a symlink to ${JSON.stringify(target.slice(0, 20))} (${target.length}) at ${JSON.stringify(path)} is ${errno}`, async () => {
    using world = new World();
    const [at, size] = world.path(target, 0x4000);
    const call = world.call("path_symlink", at, size, 3, ...world.path(path));
    assert.equal(await call, errno);
    if (errno === 0) {
      assert.equal(Deno.readLinkSync(`${world.root}/${path}`), target);
    }
  });
}

Deno.test("a symlink is read whole, or as much as there is room for", async () => {
  using world = new World();
  const { guest } = world;
  const readlink = (path: string, size: number) =>
    world.call("path_readlink", 3, ...world.path(path), DATA, size, R);
  for (
    const [size, seen] of [[99, "a.txt"], [5, "a.txt"], [2, "a."]] as const
  ) {
    guest.memory.fill(0xaa, DATA, DATA + 16);
    assert.equal(await readlink("link", size), 0);
    assert.equal(guest.u32(R), seen.length);
    assert.equal(text(guest.memory.slice(DATA, DATA + seen.length)), seen);
    assert.equal(guest.memory[DATA + seen.length], 0xaa);
  }
  assert.equal(await readlink("link", 0), 0);
  assert.equal(await readlink("loop", 9), 0);
  assert.equal(await readlink("a.txt", 9), 28);
  assert.equal(await readlink("dir", 9), 28);
  assert.equal(await readlink("to-dir/", 9), 28);
  assert.equal(await readlink("link/", 9), 54);
  assert.equal(await readlink("dangling/", 9), 44);
  assert.equal(await readlink("nothing", 9), 44);
});

Deno.test("a file that is removed while it is open can still be used", async () => {
  using world = new World();
  const fd = await world.open("a.txt");
  assert.equal(
    await world.call("path_unlink_file", 3, ...world.path("a.txt")),
    0,
  );
  assert.equal(await world.read(fd, 4), "0123");
  const stat = await world.stat(fd);
  assert(typeof stat === "object" && stat.links === 0n);
});
