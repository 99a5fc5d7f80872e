/**
 * Numbers as the guest itself sees them: each type, loaded from what the host put in its memory, and read by the host
 * from what the guest stored (ABI.md §8.1, endianness_test.cc; the callbacks and host calls of proxy-wasm have no
 * parameter or result of 64 bits besides a metric's, and no floating point).
 */
import assert from "node:assert/strict";
import { PluginInstance } from "../../abi/mod.ts";
import { moduleOf, options, RecordingHost, request } from "./guests.ts";

/** Type, the value as WebAssembly text, its bytes. */
const NUMBERS: [
  type: "i32" | "i64" | "f32" | "f64",
  value: string,
  bytes: (view: DataView) => void,
][] = [
  ["i32", "3333333333", (view) => view.setUint32(0, 3333333333, true)],
  ["i32", "-1111111111", (view) => view.setInt32(0, -1111111111, true)],
  [
    "i64",
    "11111111111111111111",
    (view) => view.setBigUint64(0, 11111111111111111111n, true),
  ],
  [
    "i64",
    "-111111111111111111",
    (view) => view.setBigInt64(0, -111111111111111111n, true),
  ],
  ["f32", "1111.5", (view) => view.setFloat32(0, 1111.5, true)],
  ["f32", "-1111.5", (view) => view.setFloat32(0, -1111.5, true)],
  ["f64", "1111111111.25", (view) => view.setFloat64(0, 1111111111.25, true)],
  ["f64", "-1111111111.25", (view) => view.setFloat64(0, -1111111111.25, true)],
];

/** Compares the request's body with `value`, traps where they differ, and answers `value` in its own bytes. */
function guest(type: string, value: string, size: number): WebAssembly.Module {
  return moduleOf(`(module
    (import "env" "proxy_get_buffer_bytes"
      (func $get (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_set_buffer_bytes"
      (func $set (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param i32) (result i32) (i32.const 1024))
    (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
      (drop (call $get (i32.const 0) (i32.const 0) (i32.const -1)
        (i32.const 16) (i32.const 20)))
      (if (i32.ne (i32.load (i32.const 20)) (i32.const ${size}))
        (then unreachable))
      (if (${type}.ne (${type}.load (i32.load (i32.const 16)))
          (${type}.const ${value})) (then unreachable))
      (${type}.store (i32.const 32) (${type}.const ${value}))
      (drop (call $set (i32.const 1) (i32.const 0) (i32.const 0)
        (i32.const 32) (i32.const ${size})))
      (i32.const 0)))`);
}

for (const [type, value, put] of NUMBERS) {
  Deno.test(`${type} ${value} is the same number on either side of the memory`, async () => {
    const body = new Uint8Array(type.endsWith("32") ? 4 : 8);
    put(new DataView(body.buffer));
    const plugin = await PluginInstance.create(
      guest(type, value, body.length),
      new RecordingHost(),
      options(),
    );
    const answer = await plugin.handleHttp(request({ body, bodyIsReal: true }));
    assert.deepEqual(answer.body, body);
  });
}

/** A guest with a callback that says what it was given, or answers what the test wants. */
const CALLED = `
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_define_metric"
    (func $define (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_record_metric"
    (func $record (param i32 i64) (result i32)))
  (import "env" "proxy_get_metric"
    (func $metric (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "g")
  (func (export "proxy_abi_version_0_2_0"))`;

for (const value of ["11111111111111111111", "-111111111111111111"]) {
  Deno.test(`a host call takes ${value} as 64 bits and gives it back`, async () => {
    const module = moduleOf(`(module ${CALLED}
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (drop (call $define (i32.const 1) (i32.const 16) (i32.const 1)
          (i32.const 32)))
        (drop (call $record (i32.load (i32.const 32)) (i64.const ${value})))
        (if (call $metric (i32.load (i32.const 32)) (i32.const 40))
          (then unreachable))
        (if (i64.ne (i64.load (i32.const 40)) (i64.const ${value}))
          (then unreachable))
        (i32.const 0)))`);
    const plugin = await PluginInstance.create(
      module,
      new RecordingHost(),
      options(),
    );
    assert.equal((await plugin.handleHttp(request())).status, 200);
  });
}

Deno.test("a number above 2^31 reaches a callback as the unsigned one it is", async () => {
  const module = moduleOf(`(module ${CALLED}
    (func (export "proxy_on_queue_ready") (param i32 i32)
      (if (i32.ne (local.get 1) (i32.const 3333333333)) (then unreachable))
      (drop (call $log (i32.const 2) (i32.const 16) (i32.const 1)))))`);
  const host = new RecordingHost();
  const plugin = await PluginInstance.create(module, host, options());
  plugin.queueReady(3333333333);
  assert.deepEqual(host.lines, ["2 g"]);
});

Deno.test("a callback's answer is a number whatever its sign: all but 0 is true, all above 4 stops", async () => {
  for (const answer of ["-1", "0x80000000", "3333333333", "2"]) {
    const host = new RecordingHost();
    const plugin = await PluginInstance.create(
      moduleOf(`(module ${CALLED}
        (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
          (i32.const ${answer}))
        (func (export "proxy_on_request_headers")
          (param i32 i32 i32) (result i32) (i32.const ${answer})))`),
      host,
      options(),
    );
    // 2 lets the request through.
    const answered = plugin.handleHttp(request());
    assert.equal(answered instanceof Promise, answer !== "2", answer);
  }
});
