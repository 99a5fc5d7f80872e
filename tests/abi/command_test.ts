import assert from "node:assert/strict";
import { GuestTrap, runCommand } from "../../abi/mod.ts";
import type { GuestFiles } from "../../abi/host.ts";
import { bytes, moduleOf, RecordingHost } from "./guests.ts";

const WASI = `
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get"
    (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get"
    (func $env (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get"
    (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $open
    (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func $print (param $fd i32) (param $at i32) (param $size i32)
    (i32.store (i32.const 0) (local.get $at))
    (i32.store (i32.const 4) (local.get $size))
    (if (call $write (local.get $fd) (i32.const 0) (i32.const 1) (i32.const 8))
      (then unreachable)))`;

const run = (
  wat: string,
  host = new RecordingHost(),
  options: { args?: string[]; env?: string[]; entry?: string } = {},
) => runCommand(moduleOf(wat), host, { args: [], env: [], ...options });

Deno.test("a command sees its arguments and environment and writes to stdout and stderr", async () => {
  const host = new RecordingHost();
  const code = await run(
    `(module ${WASI} (func (export "_start")
      (drop (call $args_sizes (i32.const 100) (i32.const 104)))
      (drop (call $args (i32.const 200) (i32.const 1000)))
      (call $print (i32.const 1) (i32.const 1000) (i32.load (i32.const 104)))
      (drop (call $env_sizes (i32.const 100) (i32.const 104)))
      (drop (call $env (i32.const 200) (i32.const 1000)))
      (call $print (i32.const 2) (i32.const 1000) (i32.load (i32.const 104)))))`,
    host,
    { args: ["/app.wasm", "", "ä b"], env: ["A=1", "B="] },
  );
  assert.equal(code, 0);
  assert.equal(host.stdout, "/app.wasm\0\0ä b\0");
  assert.equal(host.stderr, "A=1\0B=\0");
});

for (const [code, seen] of [[0, 0], [3, 3], [255, 255], [256, 0], [-1, 255]]) {
  Deno.test(`proc_exit(${code}) ends a command with code ${seen}`, async () => {
    const wat = `(module ${WASI} (func (export "_start")
      (call $exit (i32.const ${code})) unreachable))`;
    assert.equal(await run(wat), seen);
  });
}

Deno.test("proc_exit ends a command that catches every exception, as C++'s noexcept does", async () => {
  const wat = `(module ${WASI} (func (export "_start")
    (try (do (call $exit (i32.const 3))) (catch_all unreachable))))`;
  assert.equal(await run(wat), 3);
});

Deno.test("an exception that a command does not catch is a GuestTrap that says so", async () => {
  const wat = `(module (tag $thrown)
    (func (export "_start") (throw $thrown)))`;
  await assert.rejects(run(wat), {
    name: "GuestTrap",
    message:
      "the guest failed in _start: it threw an exception and caught none",
  });
});

Deno.test("a trap in a command is a GuestTrap with its stack", async () => {
  await assert.rejects(
    run(`(module (func $inner unreachable)
      (func (export "_start") (call $inner)))`),
    (error) => {
      assert.ok(error instanceof GuestTrap);
      assert.equal(error.callback, "_start");
      assert.match(error.wasmStack, /inner/);
      return true;
    },
  );
});

Deno.test("stdin is read to its end, and a full sink makes the command wait", async () => {
  const host = new RecordingHost();
  host.stdin = [bytes("one "), bytes("two three")];
  host.slow = true;
  // Copies stdin to stdout, 5 bytes at a time.
  const code = await run(
    `(module ${WASI} (func (export "_start")
      (loop $next
        (i32.store (i32.const 0) (i32.const 1000))
        (i32.store (i32.const 4) (i32.const 5))
        (if (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 8))
          (then unreachable))
        (if (i32.load (i32.const 8)) (then
          (call $print (i32.const 1) (i32.const 1000) (i32.load (i32.const 8)))
          (br $next))))))`,
    host,
  );
  assert.equal(code, 0);
  assert.equal(host.stdout, "one two three");
});

Deno.test("another export can be the entry, after _initialize", async () => {
  const host = new RecordingHost();
  const wat = `(module ${WASI} (data (i32.const 500) "ix")
    (func (export "_initialize")
      (call $print (i32.const 1) (i32.const 500) (i32.const 1)))
    (func (export "task")
      (call $print (i32.const 1) (i32.const 501) (i32.const 1)))
    (func (export "sum") (param i32 i32)))`;
  assert.equal(await run(wat, host, { entry: "task" }), 0);
  assert.equal(host.stdout, "ix");
  await assert.rejects(run(wat, host, { entry: "nothing" }), {
    name: "CommandStartError",
    message: /no function nothing; it exports _initialize, task, sum/,
  });
  await assert.rejects(run(wat, host, { entry: "sum" }), {
    name: "CommandStartError",
    message: /2 parameters, expected none/,
  });
});

Deno.test("files that a command leaves open are closed at its end, however it ends", async () => {
  for (const end of ["", "(call $exit (i32.const 1))", "unreachable"]) {
    const host = new RecordingHost();
    const open = new Set<number>();
    let opened = 0;
    host.files = {
      preopens: [{ path: "/", readOnly: false }],
      open: () => {
        open.add(++opened);
        return Promise.resolve({ handle: opened, kind: "file" as const });
      },
      close: (handle: number) => Promise.resolve(void open.delete(handle)),
    } as Partial<GuestFiles> as GuestFiles;
    await run(
      `(module ${WASI}
        (data (i32.const 500) "a.txt")
        (func (export "_start")
          (if (call $open (i32.const 3) (i32.const 0) (i32.const 500)
                (i32.const 5) (i32.const 0) (i64.const 2) (i64.const 0)
                (i32.const 0) (i32.const 16)) (then unreachable))
          ${end}))`,
      host,
    ).catch(() => {});
    assert.equal(opened, 1, "it was opened");
    assert.equal(open.size, 0, end);
  }
});
