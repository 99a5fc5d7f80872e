/** A function's files as the broker has them, on the real kernel. */
import assert from "node:assert/strict";
import type { FunctionFiles } from "../../../runtime/broker/files.ts";
import { DIRECTORY, errnoOf, makeTree, READ, readAll } from "./tree.ts";

const WRITE = { ...READ, write: true };
const NEW = { ...WRITE, create: true };
const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("a guest reads at offsets, and absolute symlinks start at its root", async () => {
  using tree = makeTree();
  const { handle, kind } = await tree.files.open(0, "file", READ);
  assert.equal(kind, "file");
  const read = await tree.files.read(handle, 3n, 4);
  assert.equal(new TextDecoder().decode(read), "3456");
  assert.equal(read.buffer.byteLength, 4);
  assert.equal((await tree.files.read(handle, 99n, 4)).length, 0);
  assert.equal(await readAll(tree.files, "inside"), "0123456789");
  assert.equal(await readAll(tree.files, "dir/parent/file"), "0123456789");
});

/** Paths that lead out of the root for whoever follows them from `/`, and what stands at their ends. */
const OUTWARD: [path: string, errno: number][] = [
  ["up", 44],
  ["absolute", 44],
  ["../secret", 44],
  ["/../../secret", 44],
  ["dir/../../secret", 44],
  ["dir/top", 44],
  ["out/file", 44],
  ["outAbsolute/file", 44],
  ["magic/etc/passwd", 44],
  ["out/../secret", 44],
  ["dir/parent/../secret", 44],
];

for (const [path, errno] of OUTWARD) {
  Deno.test(`nothing is done outside the root through ${path}`, async () => {
    using tree = makeTree();
    const { files, top } = tree;
    const before = [...Deno.readDirSync(top)].map(({ name }) => name).sort();
    const calls: [string, () => Promise<unknown>][] = [
      ["open", () => files.open(0, path, READ)],
      ["write", () => files.open(0, path, { ...WRITE, truncate: true })],
      ["open as a directory", () => files.open(0, `${path}/..`, DIRECTORY)],
      ["stat", () => files.statAt(0, path, true)],
      [
        "times",
        () => files.setTimesAt(0, path, true, { accessed: 0n, modified: 0n }),
      ],
      ["link", () => files.link(0, path, true, 0, "taken")],
      ["rename into", () => files.rename(0, "file", 0, `${path}/x`)],
      ["make", () => files.makeDirectory(0, `${path}/x`)],
      ["symlink", () => files.makeSymlink("x", 0, `${path}/x`)],
      ["remove", () => files.removeFile(0, `${path}/x`)],
    ];
    for (const [name, call] of calls) {
      assert.equal(await errnoOf(call()), errno, name);
    }
    assert.equal(Deno.readTextFileSync(`${top}/secret`), "secret");
    assert.notEqual(Deno.statSync(`${top}/secret`).mtime?.getTime(), 0);
    assert.deepEqual(
      [...Deno.readDirSync(top)].map(({ name }) => name).sort(),
      before,
    );
  });
}

Deno.test("a name of two dots reaches nothing above the root", async () => {
  using tree = makeTree();
  const { files } = tree;
  const own = await files.statAt(0, ".", true);
  assert.equal((await files.statAt(0, "..", true)).inode, own.inode);
  const list = await files.list(0);
  assert.equal(list.find(({ name }) => name === "..")?.inode, own.inode);
  const cases: [() => Promise<unknown>, number][] = [
    [() => files.makeDirectory(0, ".."), 20],
    [() => files.removeDirectory(0, ".."), 55],
    [() => files.removeDirectory(0, "."), 28],
    [() => files.removeFile(0, ".."), 31],
    [() => files.rename(0, "..", 0, "x"), 10],
    [() => files.rename(0, "file", 0, ".."), 10],
    [() => files.makeSymlink("x", 0, ".."), 20],
    [() => files.readLink(0, ".."), 28],
    [() => files.link(0, "file", false, 0, ".."), 20],
    [() => files.link(0, "..", false, 0, "x"), 63],
  ];
  for (const [i, [call, errno]] of cases.entries()) {
    assert.equal(await errnoOf(call()), errno, `case ${i}`);
  }
});

Deno.test("a link that is planted while others look things up never leads out", async () => {
  using tree = makeTree();
  const { files, root, top } = tree;
  Deno.mkdirSync(`${root}/real`);
  Deno.writeTextFileSync(`${root}/real/file`, "inside");
  Deno.symlinkSync(`${top}/outside`, `${root}/planted`);
  Deno.symlinkSync("real", `${root}/swap`);
  const swapping = new AbortController();
  const swapped = (async () => {
    for (let i = 0; !swapping.signal.aborted; i++) {
      Deno.symlinkSync(i % 2 ? "real" : `${top}/outside`, `${root}/next`);
      await Deno.rename(`${root}/next`, `${root}/swap`);
      // Else the two could go in step, and every look find the same link.
      if (i % 3 === 0) await Deno.lstat(root);
    }
  })();
  let read = 0;
  // As long as it takes to be inside once, but not for ever.
  for (let i = 0; i < 400 || read === 0 && i < 40_000; i++) {
    try {
      const text = await readAll(files, "swap/file");
      assert.equal(text, "inside");
      read++;
    } catch (error) {
      assert.equal((error as { errno?: number }).errno, 44, `${error}`);
    }
    const errno = await errnoOf(files.makeSymlink("x", 0, "swap/x"));
    assert([0, 20, 44].includes(errno), `${errno}`);
  }
  swapping.abort();
  await swapped;
  assert(read > 0, "it was inside at least once");
  assert.deepEqual(
    [...Deno.readDirSync(`${top}/outside`)].map(({ name }) => name),
    ["file"],
  );
});

Deno.test("from a folder in the root, links may climb as far as the root", async () => {
  using tree = makeTree();
  const { files } = tree;
  const { handle: dir } = await files.open(0, "dir", DIRECTORY);
  assert.equal(await readAll(files, "rooted", dir), "0123456789");
  assert.equal(await readAll(files, "parent/file", dir), "0123456789");
  assert.equal(await readAll(files, "../file", dir), "0123456789");
  assert.equal(await errnoOf(files.open(dir, "top", READ)), 44);
  assert.equal(await errnoOf(files.open(dir, "../../secret", READ)), 44);
});

Deno.test("an open folder stays the same one when it is renamed, and is empty when it is removed", async () => {
  using tree = makeTree();
  const { files } = tree;
  const { handle: deep } = await files.open(0, "dir/deep", DIRECTORY);
  await files.rename(0, "dir", 0, "moved");
  const made = await files.open(deep, "new", NEW);
  assert.equal(made.kind, "file");
  assert(Deno.statSync(`${tree.root}/moved/deep/new`).isFile);
  assert.equal(await readAll(files, "../../file", deep), "0123456789");
  await files.removeFile(deep, "new");
  await files.removeDirectory(0, "moved/deep");
  assert.equal(await errnoOf(files.open(deep, "new", NEW)), 44);
  assert.equal(await errnoOf(files.open(deep, "../../file", READ)), 44);
});

Deno.test("failures carry the WASI number", async () => {
  using tree = makeTree();
  const { files } = tree;
  Deno.symlinkSync("file", `${tree.root}/link`);
  const cases: [string, Partial<typeof READ>, number][] = [
    ["none", {}, 44],
    ["loop", {}, 32],
    ["dangling", {}, 44],
    ["link", { follow: false }, 32],
    ["file/below", {}, 54],
    ["file/", {}, 54],
    ["file", { directory: true }, 54],
    ["file", { write: true, create: true, exclusive: true }, 20],
    ["dangling", { create: true, exclusive: true }, 20],
    ["dir", { write: true }, 31],
    ["dir", { directory: true, create: true }, 28],
    ["new/", { create: true, write: true }, 31],
    ["x".repeat(256), {}, 37],
    [`${"x/".repeat(2100)}y`, {}, 37],
    ["a\0b", {}, 28],
  ];
  for (const [path, more, errno] of cases) {
    const call = files.open(0, path, { ...READ, ...more });
    assert.equal(await errnoOf(call), errno, path.slice(0, 20));
  }
  assert.equal(await errnoOf(files.read(99, 0n, 1)), 8);
  assert.equal(await errnoOf(files.statAt(7, "file", true)), 8);
  assert.equal(await errnoOf(files.list(7)), 8);
});

Deno.test("a FIFO or a socket is refused at once, and nobody waits for its other end", async () => {
  using tree = makeTree();
  const made = await new Deno.Command("mkfifo", {
    args: [`${tree.root}/fifo`],
  }).output();
  assert(made.success);
  using socket = Deno.listen({
    transport: "unix",
    path: `${tree.root}/socket`,
  });
  assert(socket);
  assert.equal(await errnoOf(tree.files.open(0, "fifo", READ)), 28);
  const writing = { ...WRITE, read: false };
  assert.equal(await errnoOf(tree.files.open(0, "fifo", writing)), 60);
  assert.equal(await errnoOf(tree.files.open(0, "socket", READ)), 60);
  assert.equal((await tree.files.statAt(0, "fifo", true)).kind, "other");
  assert.equal((await tree.files.statAt(0, "socket", true)).kind, "socket");
});

Deno.test("through a read-only preopen nothing changes", async () => {
  using tree = makeTree();
  const { readOnly: files, root } = tree;
  const snapshot = () =>
    [...Deno.readDirSync(root)].map(({ name }) => {
      const { mtime, size, mode } = Deno.lstatSync(`${root}/${name}`);
      return `${name} ${mtime?.getTime()} ${size} ${mode}`;
    }).sort();
  const before = snapshot();
  const { handle } = await files.open(0, "file", READ);
  const dir = (await files.open(0, "dir", DIRECTORY)).handle;
  const times = { accessed: 0n, modified: 0n };
  const cases: [() => Promise<unknown>, number][] = [
    [() => files.open(0, "file", WRITE), 69],
    [() => files.open(0, "file", { ...READ, truncate: true }), 69],
    [() => files.open(0, "new", { ...READ, create: true }), 69],
    [() => files.open(0, "file", { ...READ, create: true }), 0],
    [() => files.open(0, "file", { ...NEW, exclusive: true }), 20],
    [() => files.open(dir, "../file", WRITE), 69],
    [() => files.setTimes(handle, times), 69],
    [() => files.setTimes(dir, times), 69],
    [() => files.setTimesAt(0, "file", true, times), 69],
    [() => files.setSize(handle, 0n), 69],
    [() => files.write(handle, 0n, bytes("x")), 69],
    [() => files.makeDirectory(dir, "x"), 69],
    [() => files.removeDirectory(dir, "deep"), 69],
    [() => files.removeFile(0, "file"), 69],
    [() => files.makeSymlink("x", 0, "x"), 69],
    [() => files.link(0, "file", false, 0, "x"), 69],
    [() => files.rename(0, "file", 0, "x"), 69],
  ];
  for (const [i, [call, errno]] of cases.entries()) {
    assert.equal(await errnoOf(call()), errno, `case ${i}`);
  }
  assert.equal(await readAll(files, "file"), "0123456789");
  assert.deepEqual(snapshot(), before);
});

Deno.test("what a guest writes is there: at offsets, and at the end", async () => {
  using tree = makeTree();
  const { handle } = await tree.files.open(0, "dir/new", NEW);
  assert.equal(await tree.files.write(handle, 0n, bytes("abcd")), 4);
  assert.deepEqual(await tree.files.append(handle, bytes("ef")), {
    written: 2,
    end: 6n,
  });
  assert.equal(await tree.files.write(handle, 1n, bytes("X")), 1);
  await tree.files.sync(handle, true);
  await tree.files.sync(handle, false);
  await tree.files.close(handle);
  assert.equal(Deno.readTextFileSync(`${tree.root}/dir/new`), "aXcdef");
  const { handle: dir } = await tree.files.open(0, "dir", DIRECTORY);
  await tree.files.sync(dir, false);
});

Deno.test("attributes are the kernel's: nanoseconds, links, device and inode", async () => {
  using tree = makeTree();
  const { files, root } = tree;
  const times = { accessed: 1_234_567_890_123_456_789n, modified: 5n };
  await files.setTimesAt(0, "file", true, times);
  await files.link(0, "file", false, 0, "second");
  const stat = await files.statAt(0, "second", true);
  assert.equal(stat.accessed, times.accessed);
  assert.equal(stat.modified, 5n);
  assert.equal(stat.links, 2n);
  assert.equal(stat.size, 10n);
  assert.equal(stat.inode, BigInt(Deno.statSync(`${root}/file`).ino!));
  const before = (await files.statAt(0, "inside", false)).modified;
  await files.setTimesAt(0, "inside", false, {
    accessed: "unchanged",
    modified: "now",
  });
  assert((await files.statAt(0, "inside", false)).modified > before);
  assert.equal((await files.statAt(0, "file", true)).modified, 5n);
});

Deno.test("names are bytes: any but a slash and a zero", async () => {
  using tree = makeTree();
  const name = "\xff\x80 \x01ä";
  const { handle } = await tree.files.open(0, name, NEW);
  await tree.files.close(handle);
  const names = (await tree.files.list(0)).map(({ name }) => name);
  assert(names.includes(name));
  await tree.files.makeSymlink(name, 0, "link");
  assert.equal(await tree.files.readLink(0, "link"), name);
  await tree.files.removeFile(0, name);
});

Deno.test("a function holds at most 1024 files, and lets go of them at its end", async () => {
  using tree = makeTree();
  const count = () => [...Deno.readDirSync("/proc/self/fd")].length;
  await tree.files.stat(0);
  const before = count();
  for (let i = 0; i < 1024; i++) await tree.files.open(0, "file", READ);
  assert.equal(await errnoOf(tree.files.open(0, "file", READ)), 33);
  tree.files.closeAll();
  await waitUntil(() => count() < before + 8);
});

Deno.test("a file that is closed under a call stays open for that call", async () => {
  using tree = makeTree();
  const { handle } = await tree.files.open(0, "dir/new", NEW);
  const large = new Uint8Array(1024 * 1024).fill(0x61);
  const writing = tree.files.write(handle, 0n, large);
  await tree.files.close(handle);
  const other = await tree.files.open(0, "file", WRITE);
  assert.equal(await writing, large.length);
  assert.equal(await errnoOf(tree.files.write(handle, 0n, large)), 8);
  assert.equal(await readAll(tree.files, "file"), "0123456789");
  await tree.files.close(other.handle);
});

Deno.test("a function that ended lets go of what a call under way still opens", async () => {
  using tree = makeTree();
  const count = () => [...Deno.readDirSync("/proc/self/fd")].length;
  await tree.files.stat(0);
  const before = count();
  const calls = Array.from(
    { length: 20 },
    (_, i) => errnoOf(tree.files.open(0, `dir/new${i}`, NEW)),
  );
  const renaming = errnoOf(tree.files.rename(0, "file", 0, "dir/deep/x"));
  tree.files.closeAll();
  for (const errno of await Promise.all(calls)) assert([0, 8].includes(errno));
  assert([0, 8].includes(await renaming));
  assert.equal(await errnoOf(tree.files.stat(0)), 8);
  assert.equal(await errnoOf(tree.files.open(0, "file", READ)), 8);
  await waitUntil(() => count() < before);
});

Deno.test("whatever arguments come over the port, the broker only refuses", async () => {
  using tree = makeTree();
  const { handle } = await tree.files.open(0, "file", WRITE);
  const files = tree.files as unknown as Record<
    keyof FunctionFiles,
    (...args: unknown[]) => Promise<unknown>
  >;
  const odd = [undefined, null, -1, 2 ** 40, "x", {}, [], new Uint8Array(2)];
  for (const name of ["read", "write", "append", "setSize", "open", "link"]) {
    for (const one of odd) {
      for (const two of odd) {
        const call = files[name as keyof FunctionFiles](handle, one, two);
        await call.catch(() => {});
      }
    }
  }
  assert.equal(Deno.readTextFileSync(`${tree.top}/secret`), "secret");
});

async function waitUntil(done: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !done(); i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert(done());
}
