import assert from "node:assert/strict";
import { RUN_FLAGS, WORKERS } from "../../runtime/self.ts";
import { bundle } from "../../tools/packaging/bundle.ts";
import { isDownloadFailure } from "../../tools/packaging/compile.ts";
import {
  SYSTEM_HOME,
  writeSelfExtracting,
} from "../../tools/packaging/self_extracting.ts";
import { inFolder, ROOT } from "../cli/run.ts";
import { names } from "./packed.ts";

async function runTool(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", `${ROOT}tools/build.ts`, ...args],
    env: { NO_COLOR: "1" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

Deno.test("deno compile takes our module graph and everything that no import names", async () => {
  const { code, stdout, stderr } = await runTool("--prove-compile");
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^deno compile takes all bundles: \d/);
});

Deno.test("the build tool refuses an option it does not know", async () => {
  const { code, stderr } = await runTool("--prove");
  assert.equal(code, 2);
  assert.match(stderr, /found --prove, expected/);
});

Deno.test("the bundles: a small main, each worker in one file, and no Node layer loaded for nothing", () =>
  inFolder(async (folder) => {
    await bundle(ROOT.replace(/\/$/, ""), folder);
    const read = (name: string) => Deno.readTextFile(`${folder}/${name}`);
    const main = await read("main.js");
    assert(main.length < 4096, `main.js has ${main.length} bytes`);
    assert.match(main, /await import\("\.\/[\w.-]+\.js"\)/);
    for (const name of WORKERS) {
      const worker = await read(`${name}.js`);
      assert.doesNotMatch(worker, /\b(from|import\() ?"\.{1,2}\//, name);
      // How modules that are imported later are bundled: as functions, for which Deno keeps no compiled code.
      assert.doesNotMatch(worker, /__esm\b/, name);
    }
    for (const name of names(folder)) {
      assert.doesNotMatch(await read(name), /from "node:module"/, name);
    }
  }));

Deno.test("prime leaves the code of hosts and of their isolates in Deno's cache, and nothing of Node's", () =>
  inFolder(async (folder) => {
    await bundle(ROOT.replace(/\/$/, ""), folder);
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [...RUN_FLAGS, `${folder}/main.js`, "prime"],
      env: { DENO_DIR: `${folder}/cache` },
      stdin: "null",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    const cached = names(`${folder}/cache`)
      .filter((name) => name.startsWith("v8_code_cache"))
      .map((name) => Deno.readFileSync(`${folder}/cache/${name}`))
      .map((bytes) => new TextDecoder("latin1").decode(bytes)).join("");
    for (const name of ["main.js", "isolate_worker.js"]) {
      assert(cached.includes(`file://${folder}/${name}`), name);
    }
    // From a host's start to its first answer: 5 ms and 1.6 MB for each isolate that loads it.
    assert(!cached.includes("ext:deno_node/"), "a host loaded the Node layer");
  }));

Deno.test("the bundles are the same whenever they are made", () =>
  inFolder(async (folder) => {
    const root = ROOT.replace(/\/$/, "");
    await bundle(root, `${folder}/a`);
    await bundle(root, `${folder}/b`);
    assert.deepEqual(names(`${folder}/a`), names(`${folder}/b`));
    for (const name of names(`${folder}/a`)) {
      assert.equal(
        await Deno.readTextFile(`${folder}/a/${name}`),
        await Deno.readTextFile(`${folder}/b/${name}`),
      );
    }
  }));

Deno.test("only a runtime that cannot be downloaded makes the build fall back", () => {
  const told = (text: string) => isDownloadFailure(new Error(text));
  assert(told(
    "deno compile ended with 1:\nerror: Writing deno compile executable to temporary file 'x'\n\nCaused by:\n" +
      "    0: Setting up base binary.\n    1: error sending request for url (https://dl.deno.land/release/v2.9.6/denort-x86_64-unknown-linux-gnu.zip)",
  ));
  assert(!told('error: Module not found "file:///denort.ts"'));
  assert(!told("error: Could not find denort at '/nowhere'"));
});

Deno.test("a home that a script could misread is refused", async () => {
  await assert.rejects(
    writeSelfExtracting({
      deno: Deno.execPath(),
      bundles: "/nowhere",
      home: "/a b;$(c)",
      output: "/nowhere/x",
    }),
    /found \/a b;\$\(c\), expected an absolute path/,
  );
  assert.equal(SYSTEM_HOME, "/var/lib/layotto/bin");
});
