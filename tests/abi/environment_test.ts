/** A plugin that prints its environment (ABI.md §8.1, Environment and WithoutEnvironment). */
import assert from "node:assert/strict";
import { PluginInstance } from "../../abi/mod.ts";
import { moduleOf, options, RecordingHost } from "./guests.ts";

/** Writes each variable with two line ends, as a `println!` of a text that ends with one does. */
const PRINTS = moduleOf(`(module
  (import "wasi_snapshot_preview1" "environ_sizes_get"
    (func $sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get"
    (func $get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 48) "\\n\\n")
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
    (local $i i32) (local $at i32) (local $end i32)
    (drop (call $sizes (i32.const 16) (i32.const 20)))
    (drop (call $get (i32.const 1024) (i32.const 4096)))
    (i32.store (i32.const 40) (i32.const 48))
    (i32.store (i32.const 44) (i32.const 2))
    (block $done (loop $each
      (br_if $done (i32.eq (local.get $i) (i32.load (i32.const 16))))
      (local.set $at (i32.load (i32.add (i32.const 1024)
        (i32.shl (local.get $i) (i32.const 2)))))
      (local.set $end (local.get $at))
      (loop $next (if (i32.load8_u (local.get $end)) (then
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next))))
      (i32.store (i32.const 32) (local.get $at))
      (i32.store (i32.const 36)
        (i32.sub (local.get $end) (local.get $at)))
      (drop (call $write (i32.const 1) (i32.const 32) (i32.const 2)
        (i32.const 24)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br $each)))
    (i32.const 1)))`);

async function printed(env: string[]): Promise<RecordingHost> {
  const host = new RecordingHost();
  await PluginInstance.create(PRINTS, host, options({ env }));
  return host;
}

Deno.test("a plugin prints the variables it was given, and what it prints is not touched", async () => {
  const { stdout, stderr } = await printed(["KEY1=VALUE1", "KEY2=VALUE2"]);
  assert.equal(stdout, "KEY1=VALUE1\n\nKEY2=VALUE2\n\n");
  assert.equal(stderr, "");
});

Deno.test("without an environment there is nothing to print, not even the host's own", async () => {
  const { stdout, stderr, lines } = await printed([]);
  assert.deepEqual([stdout, stderr, lines], ["", "", []]);
});
