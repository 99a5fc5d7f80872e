/** Configurations larger than the memory that a guest starts with (ABI.md §8.7, case 4). */
import assert from "node:assert/strict";
import { PluginInstance } from "../../abi/mod.ts";
import { moduleOf, options, RecordingHost } from "./guests.ts";

/** What each export of this guest is given memory by: pages of its own for each request, never used again. */
const GROWING = `(func (export "ALLOCATOR") (param $size i32) (result i32)
  (i32.shl (memory.grow (i32.add (i32.const 1)
    (i32.shr_u (local.get $size) (i32.const 16)))) (i32.const 16)))`;

/** Reads both configurations when it is told of them, and logs their first and last four bytes. */
function guest(version: string, allocator: string): string {
  const read = version === "0_1_0"
    ? "(call $configuration (i32.const 16) (i32.const 20))"
    : `(call $get (local.get $buffer) (i32.const 0) (i32.const -1)
        (i32.const 16) (i32.const 20))`;
  return `(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    ${
    version === "0_1_0"
      ? `(import "env" "proxy_get_configuration"
          (func $configuration (param i32 i32) (result i32)))`
      : `(import "env" "proxy_get_buffer_bytes"
          (func $get (param i32 i32 i32 i32 i32) (result i32)))`
  }
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_${version}"))
    ${GROWING.replace("ALLOCATOR", allocator)}
    (func $read (param $buffer i32) (param $size i32) (result i32)
      (local $at i32)
      (if ${read} (then unreachable))
      (if (i32.ne (i32.load (i32.const 20)) (local.get $size))
        (then unreachable))
      (local.set $at (i32.load (i32.const 16)))
      (drop (call $log (i32.const 2) (local.get $at) (i32.const 4)))
      (drop (call $log (i32.const 2)
        (i32.sub (i32.add (local.get $at) (local.get $size)) (i32.const 4))
        (i32.const 4)))
      (i32.const 1))
    (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
      (call $read (i32.const 6) (local.get 1)))
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (call $read (i32.const 7) (local.get 1))))`;
}

function large(name: string, size: number): Uint8Array {
  const text = `<${name}>`.padEnd(size - 4, ".") + `</${name}`;
  return new TextEncoder().encode(text.slice(0, size));
}

for (
  const [version, allocator] of [
    ["0_1_0", "malloc"],
    ["0_2_0", "malloc"],
    ["0_2_1", "proxy_on_memory_allocate"],
  ] as const
) {
  Deno.test(`configurations of megabytes reach a ${version} module that starts with 64 KiB, by ${allocator}`, async () => {
    const host = new RecordingHost();
    await PluginInstance.create(
      moduleOf(guest(version, allocator)),
      host,
      options({
        vmConfiguration: large("vm", 3_000_001),
        pluginConfiguration: large("pl", 65_537),
      }),
    );
    assert.deepEqual(host.lines, ["2 <vm>", "2 </vm", "2 <pl>", "2 </pl"]);
  });
}
