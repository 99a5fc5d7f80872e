/** `layotto start` with a command: arguments, environment, folders, stdin, exit code. */
import assert from "node:assert/strict";
import { within } from "../../proto/after.ts";
import { assemble } from "../e2e/harness/guests.ts";
import { compileC, testWithC } from "../wasi_libc.ts";
import { CODE_FLAGS } from "../../runtime/self.ts";
import { command, inFolder, ROOT } from "./run.ts";

interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Starts a configuration whose only function is `program`, with `stdin` as a pipe. */
async function start(
  folder: string,
  program: string,
  fields: Record<string, unknown>,
  stdin = "",
): Promise<Ran> {
  await Deno.writeFile(`${folder}/p.wasm`, await compileC(program));
  const functions = { p: { path: "p.wasm", ...fields } };
  await Deno.writeTextFile(
    `${folder}/c.json`,
    JSON.stringify({ functions, settings: { "log-level": "error" } }),
  );
  const ports = ["--http-port=0", "--admin-port=0", "--actuator-port=0"];
  const child = command(["start", "-c", "c.json", ...ports], {
    cwd: folder,
    stdin: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const text = new TextDecoder();
  return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
}

testWithC(
  "a command on a laptop has its arguments, its folders and what is piped into it",
  () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/data`);
      await Deno.writeTextFile(`${folder}/data/in`, "one two\nthree\n");
      const mounts = { "/data": "data" };
      const counted = await start(folder, "count", {
        args: ["-o", "/data/out", "/data/in"],
        mounts,
      });
      assert.deepEqual(counted, { code: 0, stdout: "", stderr: "" });
      const out = await Deno.readTextFile(`${folder}/data/out`);
      assert.equal(out, "2 3 14 /data/in\n");
      const piped = await start(folder, "count", {}, "a b\nc\n");
      assert.deepEqual([piped.code, piped.stdout], [0, "2 3 6 -\n"]);
    }),
);

testWithC(
  "a folder that is mounted read-only stays as it is, and one that is not mounted is not there",
  () =>
    inFolder(async (folder) => {
      await Deno.mkdir(`${folder}/data`);
      const mounts = { "/data": { path: "data", "read-only": true } };
      const refused = await start(folder, "count", {
        args: ["-o", "/data/out"],
        mounts,
      });
      assert.equal(refused.code, 2);
      assert.match(refused.stderr, /\/data\/out: Read-only file system/);
      const missing = await start(folder, "count", { args: ["/etc/hostname"] });
      assert.equal(missing.code, 1);
      assert.match(missing.stderr, /count: \/etc\/hostname: /);
    }),
);

testWithC(
  "a command on a laptop knows its environment, and that its streams are pipes",
  () =>
    inFolder(async (folder) => {
      const { code, stdout } = await start(folder, "stdio", {
        args: ["WHO"],
        env: { WHO: "me" },
      }, "12345");
      assert.equal(
        stdout,
        "0: other\n1: other\n2: other\nread 5 bytes; WHO=me\n",
      );
      assert.equal(code, 0);
    }),
);

Deno.test("a command that writes on and on hears that nobody reads any more", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/p.wasm`, await assemble(ON_AND_ON));
    await Deno.writeTextFile(
      `${folder}/c.json`,
      JSON.stringify({ functions: { p: "p.wasm" } }),
    );
    const ports = ["--http-port=0", "--admin-port=0", "--actuator-port=0"];
    const child = command(["start", "-c", "c.json", ...ports], {
      cwd: folder,
      stdin: "null",
    }).spawn();
    const logged = child.stderr.pipeTo(new WritableStream());
    try {
      const reader = child.stdout.getReader();
      await reader.read();
      await reader.cancel();
      const status = await within(20_000, child.status);
      assert.equal(status?.code, 64);
      await logged;
    } finally {
      // It has ended, unless the test fails.
      try {
        child.kill("SIGKILL");
      } catch { /* as it should */ }
    }
  }));

/** Writes until it may not, and exits with the errno. */
const ON_AND_ON = `(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $errno i32)
    (i32.store (i32.const 4) (i32.const 4096))
    (loop $again
      (local.set $errno (call $write (i32.const 1) (i32.const 0) (i32.const 1)
        (i32.const 8)))
      (br_if $again (i32.eqz (local.get $errno))))
    (call $exit (local.get $errno))))`;

testWithC(
  "streams that are redirected to files are files",
  () =>
    inFolder(async (folder) => {
      await start(folder, "stdio", { args: ["kinds"] });
      await Deno.writeTextFile(`${folder}/in`, "12345");
      const words = [
        Deno.execPath(),
        ...["run", "--quiet", ...CODE_FLAGS, `${ROOT}main.ts`],
        ...["start", "-c", "c.json"],
        ...["--http-port=0", "--admin-port=0", "--actuator-port=0"],
      ];
      const { code } = await new Deno.Command("sh", {
        args: ["-c", '"$@" < in > out 2> err', "sh", ...words],
        cwd: folder,
      }).output();
      assert.equal(code, 0, await Deno.readTextFile(`${folder}/err`));
      assert.equal(
        await Deno.readTextFile(`${folder}/out`),
        "0: file\n1: file\n2: file\n",
      );
    }),
);

testWithC(
  "a folder that is not there is named before anything runs",
  () =>
    inFolder(async (folder) => {
      const mounts = { "/data": "none" };
      const { code, stderr } = await start(folder, "count", { mounts });
      assert.equal(code, 1);
      assert.match(
        stderr,
        /c\.json: functions\.p: mounts: \/data: found .*\/none: .*expected a folder/,
      );
    }),
);
