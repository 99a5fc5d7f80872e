/** What passes in both directions, followed or not (ABI.md §8.1, StraceLogLevel). */
import assert from "node:assert/strict";
import { PluginInstance } from "../../abi/mod.ts";
import { moduleOf, options, RecordingHost, request } from "./guests.ts";

/** Reads the clock by way of WASI and sets a timer in its one callback; asked for `/trap` it fails there. */
const GUEST = `(module
  (import "wasi_snapshot_preview1" "clock_time_get"
    (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close"
    (func $close (param i32) (result i32)))
  (import "env" "proxy_set_tick_period_milliseconds"
    (func $tick (param i32) (result i32)))
  (import "env" "proxy_get_header_map_value"
    (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) ":path")
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (drop (call $clock (i32.const 1) (i64.const 1) (i32.const 256)))
    (drop (call $close (i32.const 9)))
    (drop (call $tick (i32.const -1)))
    (drop (call $header (i32.const 0) (i32.const 16) (i32.const 5)
      (i32.const 32) (i32.const 36)))
    (if (i32.eq (i32.load (i32.const 36)) (i32.const 5)) (then unreachable))
    (i32.const 0))
  (func (export "proxy_on_log") (param i32)))`;

async function start(trace?: (line: string) => void) {
  const host = new RecordingHost();
  const plugin = await PluginInstance.create(
    moduleOf(GUEST),
    host,
    options(),
    { trace },
  );
  return { plugin, host };
}

Deno.test("calls between host and guest are followed in both directions, with arguments, statuses and results", async () => {
  const lines: string[] = [];
  const { plugin } = await start((line) => lines.push(line));
  await plugin.handleHttp(request());
  assert.deepEqual(lines, [
    "proxy_on_request_headers(2, 5, 1)",
    "  clock_time_get(1, 1, 256) -> 0",
    "  fd_close(9) -> 8",
    "  proxy_set_tick_period_milliseconds(-1) -> 0",
    '  proxy_get_header_map_value(0, ":path") -> 0 "/"',
    "proxy_on_request_headers -> 0",
    "proxy_on_log(2)",
  ]);
});

Deno.test("a call that the guest does not survive is followed too", async () => {
  const lines: string[] = [];
  const { plugin } = await start((line) => lines.push(line));
  assert.throws(() => plugin.handleHttp(request({ path: "/trap" })));
  assert.deepEqual(
    lines.at(-1),
    "proxy_on_request_headers failed: unreachable",
  );
});

Deno.test("nothing is said of calls where nobody follows them", async () => {
  const { plugin, host } = await start();
  await plugin.handleHttp(request());
  assert.deepEqual(host.lines, []);
});
