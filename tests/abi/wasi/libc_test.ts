/** WASI from the other side: C programs on wasi-libc that check what they get. */
import assert from "node:assert/strict";
import { runCommand } from "../../../abi/mod.ts";
import { FunctionFiles } from "../../../runtime/broker/files.ts";
import { compileC, testWithC } from "../../wasi_libc.ts";
import { bytes, RecordingHost } from "../guests.ts";

interface Run {
  args?: string[];
  env?: string[];
  streams?: RecordingHost["streams"];
  stdin?: string[];
  /** Put into the program's root before. */
  files?: Record<string, string>;
}

/** Runs a program in an empty root; what it printed, and its exit code. */
async function run(name: string, options: Run = {}) {
  const root = Deno.makeTempDirSync();
  const host = new RecordingHost();
  const files = new FunctionFiles([{ path: "/", readOnly: false }], [root]);
  host.files = files;
  host.streams = options.streams ?? host.streams;
  host.stdin = (options.stdin ?? []).map(bytes);
  try {
    for (const [path, text] of Object.entries(options.files ?? {})) {
      Deno.writeTextFileSync(`${root}/${path}`, text);
    }
    const module = new WebAssembly.Module(await compileC(name));
    const code = await runCommand(module, host, {
      args: [name, ...options.args ?? []],
      env: options.env ?? [],
    });
    assert.deepEqual(host.lines, []);
    const left = [...Deno.readDirSync(root)].map(({ name }) => name).sort();
    const out = left.includes("out") && Deno.statSync(`${root}/out`).isFile
      ? Deno.readTextFileSync(`${root}/out`)
      : "";
    return { code, stdout: host.stdout, stderr: host.stderr, left, out };
  } finally {
    files.closeAll();
    Deno.removeSync(root, { recursive: true });
  }
}

/** A program, what it is about, and its arguments. */
const PROGRAMS: [name: string, about: string, args: string[]][] = [
  ["directories", "64 entries, cookies, removal while reading", []],
  ["names", "renaming, linking and removing, each kind to each", []],
  ["files", "append, truncation, seeking, times", []],
  ["symlinks", "dangling, looping, with slashes, outward", []],
  ["descriptors", "renumbering, preopens, rights that shrink", ["rights"]],
];

for (const [name, about, args] of PROGRAMS) {
  testWithC(`C: ${about}`, async () => {
    const { code, stdout } = await run(name, { args });
    assert.equal(stdout, "");
    assert.equal(code, 0);
  });
}

/** Streams, and what C's library makes of them. */
const STREAMS = [
  ["pipe", "other"],
  ["file", "file"],
  ["terminal", "device, a terminal"],
] as const;

for (const [kind, said] of STREAMS) {
  testWithC(
    `C: streams that are each a ${kind}, a poll of stdin, clocks, the environment`,
    async () => {
      const { code, stdout, stderr } = await run("stdio", {
        args: ["WHO"],
        env: ["WHO=me"],
        streams: [kind, kind, kind],
        stdin: ["hello ", "you\n"],
      });
      assert.equal(
        stdout,
        `0: ${said}\n1: ${said}\n2: ${said}\nread 10 bytes; WHO=me\n`,
      );
      assert.equal(stderr, "done\n");
      assert.equal(code, 0);
    },
  );
}

testWithC(
  "C: an ordinary tool counts files and stdin, and writes where it is told",
  async () => {
    const files = { "a.txt": "one two\nthree\n", b: "" };
    const counted = await run("count", { args: ["a.txt", "/b", "c"], files });
    assert.equal(counted.stdout, "2 3 14 a.txt\n0 0 0 /b\n");
    assert.equal(counted.stderr, "count: c: No such file or directory\n");
    assert.equal(counted.code, 1);
    const written = await run("count", {
      args: ["-o", "out"],
      stdin: ["x y\n", "z"],
    });
    assert.deepEqual([written.code, written.out], [0, "1 3 5 -\n"]);
  },
);
