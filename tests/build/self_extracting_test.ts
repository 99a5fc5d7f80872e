import assert from "node:assert/strict";
import { CODE_FLAGS, RUN_FLAGS } from "../../runtime/self.ts";
import { inFolder } from "../cli/run.ts";
import { names, packed, run, type Said } from "./packed.ts";

const isRoot = Deno.uid() === 0;
const NOBODY = 65532;

/** Root extracts to `home`; whoever else runs these tests does so below this cache folder. */
function place(
  folder: string,
  home: string,
): { home: string; env: Record<string, string> } {
  const cache = `${folder}/cache`;
  return isRoot
    ? { home, env: {} }
    : { home: `${cache}/layotto/bin`, env: { XDG_CACHE_HOME: cache } };
}

Deno.test("the file passes on arguments, stdin, environment and status, at its first start and later", () =>
  inFolder(async (folder) => {
    const { path, home, digest } = await packed(folder);
    const { home: where, env } = place(folder, home);
    const dir = `${where}/${digest}`;
    const args = ["7", "", "two words", "'\"$HOME\\", "-v", "--", "äö"];
    for (const start of ["first", "second"]) {
      const { code, stdout, stderr } = await run(path, args, {
        stdin: `${start}\0input`,
        env: { ...env, KEEP: "a b" },
      });
      assert.equal(stderr, "");
      assert.equal(code, 7);
      const said: Said = JSON.parse(stdout);
      assert.deepEqual(said.args, args);
      assert.equal(said.stdin, `${start}\0input`);
      assert.deepEqual(said.env, { DENO_DIR: `${dir}/cache`, KEEP: "a b" });
      assert.equal(said.execPath, `${dir}/deno`);
      assert.deepEqual(said.commandLine, [
        `${dir}/deno`,
        ...RUN_FLAGS,
        `${dir}/main.js`,
        ...args,
        "",
      ]);
    }
  }));

Deno.test("a dozen first starts at once extract one whole folder", () =>
  inFolder(async (folder) => {
    const { path, home, digest } = await packed(folder);
    const { home: where, env } = place(folder, home);
    const all = await Promise.all(
      Array.from({ length: 12 }, (_, i) => run(path, ["0", `${i}`], { env })),
    );
    for (const [i, { code, stdout, stderr }] of all.entries()) {
      assert.equal(stderr, "");
      assert.equal(code, 0);
      assert.deepEqual(JSON.parse(stdout).args, ["0", `${i}`]);
    }
    assert.deepEqual(names(where), [".lock", digest]);
    assert.deepEqual(
      names(`${where}/${digest}`),
      ["cache", "complete", "deno", "main.js"],
    );
  }));

Deno.test("the same starts extract one whole folder where there is no flock", () =>
  inFolder(async (folder) => {
    const { path, home, digest } = await packed(folder);
    const { home: where, env } = place(folder, home);
    const bin = `${folder}/path`;
    await Deno.mkdir(bin);
    const tools = "cat chmod cmp find id ln mkdir mktemp mv rm sync tail tar";
    for (const tool of tools.split(" ")) {
      const found = ["/usr/bin", "/bin"].find((dir) =>
        exists(`${dir}/${tool}`)
      );
      if (found) await Deno.symlink(`${found}/${tool}`, `${bin}/${tool}`);
    }
    const all = await Promise.all(
      Array.from(
        { length: 4 },
        () => run(path, [], { env: { ...env, PATH: bin } }),
      ),
    );
    for (const { code, stderr } of all) {
      assert.equal(stderr, "");
      assert.equal(code, 0);
    }
    assert.deepEqual(
      names(where).filter((name) => name !== ".lock"),
      [digest],
    );
  }));

Deno.test("what is extracted belongs to who extracted it; only they can write, and where root did all can run", () =>
  inFolder(async (folder) => {
    const { path, home, digest } = await packed(folder);
    const { home: where, env } = place(folder, home);
    assert.equal((await run(path, [], { env })).code, 0);
    const dir = `${where}/${digest}`;
    for (const file of [where, dir, `${dir}/cache`, `${dir}/deno`]) {
      const { uid, mode } = await Deno.stat(file);
      assert.equal(uid, Deno.uid(), file);
      assert.equal(mode! & 0o022, 0, file);
      if (isRoot) assert.equal(mode! & 0o777, 0o755, file);
    }
    const { mode } = await Deno.stat(`${dir}/main.js`);
    assert.equal(mode! & 0o133, 0);
  }));

/** Leaves its arguments where Deno's cache is; says something, which nobody may hear while it is only prepared. */
const DIARY = `
const cache = Deno.env.get("DENO_DIR");
Deno.writeTextFileSync(cache + "/diary", Deno.args.join(" ") + "\\n", { append: true });
console.log("out");
console.error("err");
Deno.exit(Deno.args[0] === "prime" ? 1 : 0);
`;

Deno.test("the first start fills Deno's cache where the files lie for good, unheard, and only the first", () =>
  inFolder(async (folder) => {
    const { path, home, digest } = await packed(folder, "program", DIARY);
    const { home: where, env } = place(folder, home);
    for (const start of ["first", "second"]) {
      const { code, stdout, stderr } = await run(path, [start], { env });
      assert.deepEqual([code, stdout, stderr], [0, "out\n", "err\n"]);
    }
    assert.equal(
      await Deno.readTextFile(`${where}/${digest}/cache/diary`),
      "prime\nfirst\nsecond\n",
    );
  }));

Deno.test("a file that was damaged or cut short says so and leaves nothing", () =>
  inFolder(async (folder) => {
    const { path, home } = await packed(folder);
    const { home: where, env } = place(folder, home);
    const whole = await Deno.readFile(path);
    const damaged = whole.slice();
    damaged[damaged.length >> 1]! ^= 1;
    for (const bytes of [damaged, whole.subarray(0, whole.length >> 1)]) {
      await Deno.writeFile(path, bytes);
      const { code, stdout, stderr } = await run(path, [], { env });
      assert.equal(code, 70);
      assert.equal(stdout, "");
      assert.match(stderr, /^layotto: \S+program is damaged: .*SHA-256/);
      assert.deepEqual(names(where), [".lock"]);
    }
  }));

Deno.test("two versions with the same deno share it", () =>
  inFolder(async (folder) => {
    const first = await packed(folder, "first", "console.log(1)");
    const second = await packed(folder, "second", "console.log(2)");
    assert.notEqual(first.digest, second.digest);
    const { home, env } = place(folder, first.home);
    assert.equal((await run(first.path, [], { env })).stdout, "1\n");
    assert.equal((await run(second.path, [], { env })).stdout, "2\n");
    const [a, b] = [first, second].map(({ digest }) =>
      Deno.statSync(`${home}/${digest}/deno`).ino
    );
    assert.equal(a, b);
  }));

Deno.test("the same inputs make the same file", () =>
  inFolder(async (folder) => {
    const first = await packed(folder, "first");
    const second = await packed(folder, "second");
    assert.equal(first.digest, second.digest);
    assert.deepEqual(
      await Deno.readFile(first.path),
      await Deno.readFile(second.path),
    );
  }));

Deno.test({
  name:
    "a user who is not root extracts below their cache folder, and uses root's files where they are there",
  ignore: !isRoot,
  fn: () =>
    inFolder(async (folder) => {
      const { path, home, digest } = await packed(folder);
      await Deno.chmod(folder, 0o755);
      const own = `${folder}/own`;
      await Deno.mkdir(own);
      await Deno.chown(own, NOBODY, NOBODY);
      for (
        const [env, where] of [
          [{ HOME: own }, `${own}/.cache/layotto/bin`],
          [{ XDG_CACHE_HOME: `${own}/x` }, `${own}/x/layotto/bin`],
          [
            { HOME: own, XDG_CACHE_HOME: "not/absolute" },
            `${own}/.cache/layotto/bin`,
          ],
        ] as const
      ) {
        const { code, stdout, stderr } = await run(path, [], {
          env,
          uid: NOBODY,
        });
        assert.equal(stderr, "");
        assert.equal(code, 0);
        const said: Said = JSON.parse(stdout);
        assert.equal(said.execPath, `${where}/${digest}/deno`);
        assert.equal((await Deno.stat(where)).mode! & 0o077, 0);
      }
      const homeless = await run(path, [], { uid: NOBODY });
      assert.equal(homeless.code, 70);
      assert.match(homeless.stderr, /^layotto: HOME is not set/);

      assert.equal((await run(path)).code, 0);
      const { code, stdout, stderr } = await run(path, [], { uid: NOBODY });
      assert.equal(stderr, "");
      assert.equal(code, 0);
      assert.equal(JSON.parse(stdout).execPath, `${home}/${digest}/deno`);
    }),
});

Deno.test({
  name: "files in a cache folder that belong to another user are never run",
  ignore: !isRoot,
  fn: () =>
    inFolder(async (folder) => {
      const { path, digest } = await packed(folder);
      await Deno.chmod(folder, 0o755);
      const cache = `${folder}/shared`;
      const trap = `${cache}/layotto/bin/${digest}`;
      await Deno.mkdir(trap, { recursive: true });
      await Deno.writeTextFile(`${trap}/deno`, "#!/bin/sh\necho trapped\n");
      await Deno.chmod(`${trap}/deno`, 0o755);
      await Deno.chmod(cache, 0o777);
      const { code, stdout, stderr } = await run(path, [], {
        env: { XDG_CACHE_HOME: cache },
        uid: NOBODY,
      });
      assert.equal(stdout, "");
      assert.match(stderr, /^layotto: \S+ does not belong to user 65532/);
      assert.equal(code, 70);
    }),
});

Deno.test("deno compile and the launcher give our code the same rights", () => {
  for (const flag of CODE_FLAGS) assert(RUN_FLAGS.includes(flag), flag);
});

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
