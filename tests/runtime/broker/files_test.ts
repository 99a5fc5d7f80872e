import assert from "node:assert/strict";
import { FileError } from "../../../abi/host.ts";
import { FunctionFiles } from "../../../runtime/broker/files.ts";

const READ = {
  read: true,
  write: false,
  create: false,
  exclusive: false,
  truncate: false,
  directory: false,
  followSymlinks: true,
};

interface Tree {
  root: string;
  files: FunctionFiles;
  readOnly: FunctionFiles;
  [Symbol.dispose](): void;
}

/** `root/` with a file, a folder and links; `secret` lies beside it. */
function makeTree(): Tree {
  const top = Deno.makeTempDirSync();
  const root = `${top}/root`;
  Deno.mkdirSync(`${root}/dir`, { recursive: true });
  Deno.writeTextFileSync(`${top}/secret`, "secret");
  Deno.writeTextFileSync(`${root}/file`, "0123456789");
  Deno.symlinkSync("../secret", `${root}/up`);
  Deno.symlinkSync(`${top}/secret`, `${root}/absolute`);
  Deno.symlinkSync("/file", `${root}/inside`);
  Deno.symlinkSync("loop", `${root}/loop`);
  Deno.symlinkSync("..", `${root}/dir/parent`);
  const files = new FunctionFiles([{ path: "/", readOnly: false }], [root]);
  const readOnly = new FunctionFiles([{ path: "/", readOnly: true }], [root]);
  return {
    root,
    files,
    readOnly,
    [Symbol.dispose]() {
      files.closeAll();
      readOnly.closeAll();
      Deno.removeSync(top, { recursive: true });
    },
  };
}

async function readAll(files: FunctionFiles, path: string): Promise<string> {
  const { handle } = await files.open(0, path, READ);
  return new TextDecoder().decode(await files.read(handle, 0n, 100));
}

Deno.test("a guest reads at offsets, and absolute symlinks start at its root", async () => {
  using tree = makeTree();
  const { handle, stat } = await tree.files.open(0, "file", READ);
  assert.equal(stat.size, 10n);
  const bytes = await tree.files.read(handle, 3n, 4);
  assert.equal(new TextDecoder().decode(bytes), "3456");
  assert.equal(await readAll(tree.files, "inside"), "0123456789");
  assert.equal(await readAll(tree.files, "dir/parent/file"), "0123456789");
});

Deno.test("no path and no symlink leaves the root", async () => {
  using tree = makeTree();
  for (
    const path of [
      "up",
      "absolute",
      "../secret",
      "/../../secret",
      "dir/../../secret",
    ]
  ) {
    await assert.rejects(
      tree.files.open(0, path, READ),
      (error: FileError) => error.errno === 44,
      path,
    );
  }
});

Deno.test("failures carry the WASI number", async () => {
  using tree = makeTree();
  const cases: [string, Partial<typeof READ>, number][] = [
    ["none", {}, 44],
    ["loop", {}, 32],
    ["file/below", {}, 54],
    ["file", { directory: true }, 54],
    ["file", { write: true, create: true, exclusive: true }, 20],
  ];
  for (const [path, more, errno] of cases) {
    await assert.rejects(
      tree.files.open(0, path, { ...READ, ...more }),
      (error: FileError) => error.errno === errno,
      path,
    );
  }
  await assert.rejects(
    tree.readOnly.open(0, "new", { ...READ, write: true, create: true }),
    (error: FileError) => error.errno === 69,
  );
  await assert.rejects(
    tree.files.read(99, 0n, 1),
    (error: FileError) => error.errno === 8,
  );
  await assert.rejects(
    tree.files.stat(7, "file", true),
    (error: FileError) => error.errno === 8,
  );
});

Deno.test("what a guest writes is there, and lists show kinds", async () => {
  using tree = makeTree();
  const { handle } = await tree.files.open(0, "dir/new", {
    ...READ,
    write: true,
    create: true,
  });
  await tree.files.write(handle, 0n, new TextEncoder().encode("ab"));
  await tree.files.write(handle, "append", new TextEncoder().encode("cd"));
  tree.files.close(handle);
  assert.equal(Deno.readTextFileSync(`${tree.root}/dir/new`), "abcd");
  const entries = await tree.files.list(0, "dir");
  assert.deepEqual(
    entries.map(({ name, kind }) => [name, kind]).sort(),
    [["new", "file"], ["parent", "symlink"]],
  );
});
