/** What goes through a host call and back (ABI.md §8.1, Callback). */
import assert from "node:assert/strict";
import { PluginInstance } from "../../abi/mod.ts";
import { createSharedServices } from "../../abi/proxywasm/shared/mod.ts";
import { moduleOf, options, RecordingHost, request } from "./guests.ts";

Deno.test("five callbacks with a host call each are five calls, and what the host says can be reckoned with", async () => {
  const shared = createSharedServices();
  const plugin = await PluginInstance.create(
    moduleOf(`(module
      (import "env" "proxy_define_metric"
        (func $define (param i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_increment_metric"
        (func $increment (param i32 i64) (result i32)))
      (import "env" "proxy_get_metric"
        (func $metric (param i32 i32) (result i32)))
      (import "env" "proxy_record_metric"
        (func $record (param i32 i64) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 16) "cg")
      (global $a i64 (i64.const 100000))
      (func (export "proxy_abi_version_0_2_0"))
      (func (export "proxy_on_tick") (param i32)
        (drop (call $define (i32.const 0) (i32.const 16) (i32.const 1)
          (i32.const 32)))
        (drop (call $increment (i32.load (i32.const 32)) (i64.const 1))))
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (drop (call $metric (i32.load (i32.const 32)) (i32.const 40)))
        (drop (call $define (i32.const 1) (i32.const 17) (i32.const 1)
          (i32.const 36)))
        (drop (call $record (i32.load (i32.const 36))
          (i64.add (i64.load (i32.const 40)) (global.get $a))))
        (i32.const 0)))`),
    new RecordingHost(),
    options(),
    { shared },
  );
  for (let i = 0; i < 5; i++) plugin.tick();
  await plugin.handleHttp(request());
  const values = [...shared.metrics.all()].map(({ value }) => value).sort();
  assert.deepEqual(values, [100_005n, 5n]);
});
