/** C programs as containers of a host process: files through the broker of a confined host, stdin, exit codes. */
import assert from "node:assert/strict";
import { compileC, testWithC } from "../../wasi_libc.ts";
import {
  containerSpec,
  freePort,
  keyOf,
  podSpec,
  ports,
  startHost,
} from "./harness.ts";

interface Ran {
  status: number;
  stdout: string;
  stderr: string;
}

/** Runs a program with `tree` as its root, and `stdin` if there is any. */
async function run(
  program: string,
  tree: string,
  args: string[],
  stdin?: string,
  terminal = false,
): Promise<Ran> {
  await using host = await startHost();
  await host.client.openPod("p1", podSpec(ports(freePort())));
  const key = keyOf("c1");
  const spec = containerSpec("c1", {
    tree,
    args: ["/bin/program.wasm", ...args],
    cwd: "/work",
    stdin: stdin !== undefined,
    terminal,
  });
  await host.client.create(key, spec, await compileC(program));
  await host.client.start(key);
  if (stdin !== undefined) {
    host.client.input(key, new TextEncoder().encode(stdin));
    host.client.closeInput(key);
  }
  const { status } = await host.exit(key);
  const [stdout, stderr] = [host.output(key, 1), host.output(key, 2)];
  await host.client.delete(key);
  return { status, stdout, stderr };
}

async function withTree(use: (tree: string) => Promise<void>): Promise<void> {
  const tree = await Deno.makeTempDir();
  try {
    await use(tree);
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}

testWithC(
  "a command in a confined host reads and writes its files, and counts what is piped in",
  () =>
    withTree(async (tree) => {
      await Deno.mkdir(`${tree}/data`);
      await Deno.writeTextFile(`${tree}/data/in`, "one two\nthree\n");
      const copied = await run("count", tree, ["-o", "/data/out", "/data/in"]);
      assert.deepEqual(copied, { status: 0, stdout: "", stderr: "" });
      const out = await Deno.readTextFile(`${tree}/data/out`);
      assert.equal(out, "2 3 14 /data/in\n");
      const piped = await run("count", tree, [], "a b\nc\n");
      assert.deepEqual(piped, { status: 0, stdout: "2 3 6 -\n", stderr: "" });
      const missing = await run("count", tree, ["/none"]);
      assert.equal(missing.status, 1);
      assert.match(missing.stderr, /count: \/none: No such file or directory/);
    }),
);

for (const program of ["directories", "names", "files", "symlinks"]) {
  testWithC(
    `the checks of ${program}.c hold over the isolate's port`,
    () =>
      withTree(async (tree) => {
        const { status, stdout } = await run(program, tree, []);
        assert.equal(stdout, "");
        assert.equal(status, 0);
      }),
  );
}

testWithC(
  "a command knows the folder it was started in by PWD",
  () =>
    withTree(async (tree) => {
      const { stdout } = await run("stdio", tree, ["PWD"], "");
      assert.match(stdout, /read 0 bytes; PWD=\/work\n$/);
    }),
);

testWithC(
  "a container with a terminal has one, any other has pipes",
  () =>
    withTree(async (tree) => {
      const kinds = async (terminal: boolean) => {
        const { stdout } = await run("stdio", tree, [], "x", terminal);
        return stdout.split("\n").slice(0, 3);
      };
      const one = "device, a terminal";
      assert.deepEqual(await kinds(true), [
        `0: ${one}`,
        `1: ${one}`,
        `2: ${one}`,
      ]);
      assert.deepEqual(await kinds(false), [
        "0: other",
        "1: other",
        "2: other",
      ]);
    }),
);

testWithC(
  "who feeds a command that does not read waits, and goes on when it reads",
  () =>
    withTree(async (tree) => {
      await using host = await startHost();
      await host.client.openPod("p1", podSpec(ports(freePort())));
      const key = keyOf("c1");
      const spec = containerSpec("c1", { tree, stdin: true });
      await host.client.create(key, spec, await compileC("count"));
      const part = new TextEncoder().encode("0123456\n".repeat(8192));
      let sent = 0;
      const feeding = (async () => {
        for (let i = 0; i < 64; i++) {
          await host.client.input(key, part);
          sent++;
        }
        await host.client.closeInput(key);
      })();
      await new Promise((resolve) => setTimeout(resolve, 200));
      assert.equal(sent, 4, "the window is 256 KiB");
      await host.client.start(key);
      await feeding;
      assert.equal((await host.exit(key)).status, 0);
      const lines = 64 * 8192;
      assert.equal(host.output(key, 1), `${lines} ${lines} ${lines * 8} -\n`);
    }),
);

testWithC(
  "who feeds a command that ended, or was deleted, does not wait",
  () =>
    withTree(async (tree) => {
      await using host = await startHost();
      await host.client.openPod("p1", podSpec(ports(freePort())));
      const large = new Uint8Array(1024 * 1024);
      for (const how of ["ends", "is deleted"]) {
        const key = keyOf(how);
        const args = ["/p.wasm", "-o", "/none/x"];
        const spec = containerSpec(how, { tree, stdin: true, args });
        await host.client.create(key, spec, await compileC("count"));
        const feeding = host.client.input(key, large);
        if (how === "ends") {
          await host.client.start(key);
          assert.equal((await host.exit(key)).status, 2);
        } else await host.client.delete(key);
        await feeding;
        await host.client.input(key, large);
      }
    }),
);
