/** Ordinary WASI tools run by `ctr`: piped stdin, volumes, what is read-only, and links that lead out. */
import assert from "node:assert/strict";
import { compileC } from "../wasi_libc.ts";
import { RUNTIME } from "./harness/ctr.ts";
import { assemble } from "./harness/guests.ts";
import { functionImage } from "./harness/image.ts";
import { useContainerd } from "./harness/world.ts";

const COUNT = "localhost/count:latest";

const test = useContainerd({
  images: async () => [functionImage(COUNT, await compileC("count"))],
});

const PROGRAM = "/function.wasm";

test("wasi: a tool counts what is piped into ctr run", async ({ ctr }) => {
  const { code, stdout, stderr } = await ctr.run(COUNT, "c1", {
    stdin: "one two\nthree\n",
  });
  assert.equal(stdout, "2 3 14 -\n", stderr);
  assert.equal(code, 0);
  // More than may be under way at once.
  const large = await ctr.run(COUNT, "c1", {
    stdin: "0123456\n".repeat(200_000),
  });
  assert.equal(large.stdout, "200000 200000 1600000 -\n", large.stderr);
});

test("wasi: a tool reads and writes a volume; what is mounted read-only stays as it is", async ({ ctr, containerd }) => {
  const folder = `${containerd.folder}/volume`;
  await Deno.mkdir(folder);
  // The host's user is nobody in particular.
  await Deno.chmod(folder, 0o777);
  await Deno.writeTextFile(`${folder}/in`, "one two\nthree\n");
  const mount = (how: string) => [
    "--mount",
    `type=bind,src=${folder},dst=/data,options=rbind:${how}`,
  ];
  const args = [PROGRAM, "-o", "/data/out", "/data/in"];
  const written = await ctr.run(COUNT, "c1", { flags: mount("rw"), args });
  assert.deepEqual([written.code, written.stderr], [0, ""]);
  assert.equal(await Deno.readTextFile(`${folder}/out`), "2 3 14 /data/in\n");

  await Deno.remove(`${folder}/out`);
  const refused = await ctr.run(COUNT, "c1", { flags: mount("ro"), args });
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /\/data\/out: Read-only file system/);
  const read = await ctr.run(COUNT, "c1", {
    flags: mount("ro"),
    args: [PROGRAM, "/data/in"],
  });
  assert.equal(read.stdout, "2 3 14 /data/in\n");
});

test("wasi: with a read-only root nothing can be made in it", async ({ ctr }) => {
  const { code, stderr } = await ctr.run(COUNT, "c1", {
    flags: ["--read-only"],
    args: [PROGRAM, "-o", "/out"],
  });
  assert.equal(code, 2);
  assert.match(stderr, /\/out: Read-only file system/);
});

test("wasi: a volume's links lead into the container, never to the node", async ({ ctr, containerd }) => {
  const folder = `${containerd.folder}/linked`;
  await Deno.mkdir(folder);
  await Deno.writeTextFile(`${containerd.folder}/secret`, "the node's\n");
  const up = "../".repeat(30);
  const links = {
    absolute: `${containerd.folder}/secret`,
    relative: "../secret",
    climbing: `${up}${containerd.folder.slice(1)}/secret`,
    process: "/proc/1/root/etc/hostname",
    motd: "/etc/motd",
    above: "../etc/motd",
  };
  for (const [name, target] of Object.entries(links)) {
    await Deno.symlink(target, `${folder}/${name}`);
  }
  const names = Object.keys(links).map((name) => `/data/${name}`);
  const layers = [{
    "count.wasm": await compileC("count"),
    "etc/motd": "from the image\n",
  }];
  const reference = "localhost/linked:latest";
  await ctr.import({ reference, layers, command: ["/count.wasm"] });
  const { code, stdout, stderr } = await ctr.run(reference, "c1", {
    flags: [
      "--mount",
      `type=bind,src=${folder},dst=/data,options=rbind:ro`,
    ],
    args: ["/count.wasm", ...names],
  });
  assert.equal(code, 1);
  assert.equal(stdout, "1 3 15 /data/motd\n1 3 15 /data/above\n", stderr);
  assert.equal(stderr.match(/No such file or directory/g)?.length, 4, stderr);
});

test("wasi: the checks of the C programs hold in a container's volume", async ({ ctr, containerd }) => {
  for (const name of ["directories", "names", "files", "symlinks"]) {
    const folder = `${containerd.folder}/${name}`;
    await Deno.mkdir(folder);
    await Deno.chmod(folder, 0o777);
    const module = await compileC(name);
    const reference = `localhost/${name}:latest`;
    await ctr.import(functionImage(reference, module));
    const { code, stdout, stderr } = await ctr.run(reference, "c1", {
      flags: ["--mount", `type=bind,src=${folder},dst=/w,options=rbind:rw`],
      args: [PROGRAM, "/w"],
    });
    assert.deepEqual([code, stdout], [0, ""], stderr);
  }
});

test("wasi: a function of a module is run by path#function", async ({ ctr }) => {
  const module = await assemble(`(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (i32.const 1)))
    (func (export "task") (call $exit (i32.const 7))))`);
  const reference = "localhost/entry:latest";
  await ctr.import(functionImage(reference, module));
  const run = (name: string) =>
    ctr.run(reference, "c1", { args: [`${PROGRAM}#${name}`] });
  assert.equal((await run("task")).code, 7);
  const { code, stderr } = await run("none");
  assert.equal(code, 1);
  assert.match(stderr, /exports no function none/);
  await ctr.try(["container", "rm", "c1"]);
});

test("wasi: ctr run -t gives a command a terminal, without -t its streams are pipes", async ({ ctr, containerd }) => {
  const reference = "localhost/stdio:latest";
  await ctr.import(functionImage(reference, await compileC("stdio")));
  const args = [PROGRAM, "kinds"];
  const piped = await ctr.run(reference, "c1", { args });
  assert.equal(piped.stdout, "0: other\n1: other\n2: other\n");
  const words = ctr.command(
    "run",
    "--rm",
    "-t",
    "--runtime",
    RUNTIME,
    reference,
    "c1",
    ...args,
  );
  // `script` gives ctr a terminal of its own.
  const typed = ["script", "-qec", words.join(" "), "/dev/null"];
  const { stdout } = await containerd.box.run(typed);
  const one = "device, a terminal";
  assert.deepEqual(
    stdout.split(/\r?\n/).filter((line) => /^\d: /.test(line)),
    [`0: ${one}`, `1: ${one}`, `2: ${one}`],
  );
});
