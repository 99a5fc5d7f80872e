/** Functions that use shared data, queues, metrics and timers, as WebAssembly text. Answers are numbers of 4 bytes. */
import { passThrough, PROXY_WASM } from "../../abi/signatures.ts";
import { assemble } from "../../e2e/harness/guests.ts";

/** A plugin: `data` are texts by address, `body` its functions. `$answer` makes a number the response body. */
function plugin(data: Record<number, string>, body: string) {
  const called = body.matchAll(/\$(proxy_\w+)/g).map(([, name]) => name!);
  const names = new Set(["proxy_set_buffer_bytes", ...called]);
  const imports = [...names].map((name) =>
    passThrough("env", name, PROXY_WASM[name]!).imported
  );
  return assemble(`(module
    ${imports.join("\n")}
    (memory (export "memory") 1)
    ${
    Object.entries(data).map(([at, text]) =>
      `(data (i32.const ${at}) "${text}")`
    ).join("\n")
  }
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param i32) (result i32) (i32.const 4096))
    (func $answer (param $n i32) (result i32)
      (i32.store (i32.const 512) (local.get $n))
      (drop (call $proxy_set_buffer_bytes (i32.const 1) (i32.const 0)
        (i32.const 0) (i32.const 512) (i32.const 4)))
      (i32.const 0))
    (func $check (param $status i32)
      (if (local.get $status) (then unreachable)))
    ${body})`);
}

const ON_REQUEST =
  `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)`;
const ON_START =
  `(func (export "proxy_on_vm_start") (param i32 i32) (result i32)`;

/** Adds one to a shared number, by compare and swap, and answers it. */
export function adder(): Promise<Uint8Array> {
  return plugin(
    { 16: "n" },
    `${ON_REQUEST}
      (local $status i32) (local $n i32)
      (loop $again
        (local.set $n (i32.const 1))
        (i32.store (i32.const 40) (i32.const 0))
        (if (i32.eqz (call $proxy_get_shared_data (i32.const 16) (i32.const 1)
              (i32.const 32) (i32.const 36) (i32.const 40)))
          (then (local.set $n (i32.add (i32.const 1)
            (i32.load (i32.load (i32.const 32)))))))
        (i32.store (i32.const 48) (local.get $n))
        (local.set $status (call $proxy_set_shared_data
          (i32.const 16) (i32.const 1) (i32.const 48) (i32.const 4)
          (i32.load (i32.const 40))))
        (br_if $again (i32.eq (local.get $status) (i32.const 8))))
      (call $check (local.get $status))
      (call $answer (local.get $n)))`,
  );
}

/** Registers queue `q`, counts the notices it gets and the items it finds, and answers notices + 65536 × items. */
export function consumer(): Promise<Uint8Array> {
  return plugin(
    { 16: "q" },
    `(global $notices (mut i32) (i32.const 0))
     (global $items (mut i32) (i32.const 0))
     ${ON_START}
      (call $check (call $proxy_register_shared_queue
        (i32.const 16) (i32.const 1) (i32.const 32)))
      (i32.const 1))
     (func (export "proxy_on_queue_ready") (param $root i32) (param $queue i32)
      (if (i32.ne (local.get $queue) (i32.load (i32.const 32)))
        (then unreachable))
      (global.set $notices (i32.add (global.get $notices) (i32.const 1)))
      (if (i32.eqz (call $proxy_dequeue_shared_queue (local.get $queue)
            (i32.const 40) (i32.const 44)))
        (then (global.set $items
          (i32.add (global.get $items) (i32.const 65536))))))
     ${ON_REQUEST}
      (call $answer (i32.add (global.get $notices) (global.get $items))))`,
  );
}

/** Puts 50 items into queue `q` of VM id `consumer`. */
export function producer(): Promise<Uint8Array> {
  return plugin(
    { 16: "consumer", 24: "q" },
    `${ON_REQUEST}
      (local $left i32)
      (call $check (call $proxy_resolve_shared_queue
        (i32.const 16) (i32.const 8) (i32.const 24) (i32.const 1)
        (i32.const 32)))
      (local.set $left (i32.const 50))
      (loop $next
        (call $check (call $proxy_enqueue_shared_queue
          (i32.load (i32.const 32)) (i32.const 16) (i32.const 8)))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $next (local.get $left)))
      (call $answer (i32.load (i32.const 32))))`,
  );
}

/** Ticks every millisecond, counts it, also in metric `ticks`, and ends it at 5. */
export function ticker(): Promise<Uint8Array> {
  return plugin(
    { 16: "ticks" },
    `(global $ticks (mut i32) (i32.const 0))
     ${ON_START}
      (call $check (call $proxy_define_metric (i32.const 0)
        (i32.const 16) (i32.const 5) (i32.const 32)))
      (call $check (call $proxy_set_tick_period_milliseconds (i32.const 1)))
      (i32.const 1))
     (func (export "proxy_on_tick") (param i32)
      (global.set $ticks (i32.add (global.get $ticks) (i32.const 1)))
      (call $check (call $proxy_increment_metric
        (i32.load (i32.const 32)) (i64.const 1)))
      (if (i32.eq (global.get $ticks) (i32.const 5)) (then
        (call $check (call $proxy_set_tick_period_milliseconds
          (i32.const 0))))))
     ${ON_REQUEST} (call $answer (global.get $ticks)))`,
  );
}

/** Ticks every millisecond, waits in each tick for a value, and traps if a tick or request comes meanwhile. */
export function slowTicker(): Promise<Uint8Array> {
  return plugin(
    { 16: "state_demo", 32: "k" },
    `(global $inside (mut i32) (i32.const 0))
     (global $ticks (mut i32) (i32.const 0))
     (func $enter
      (if (global.get $inside) (then unreachable)))
     ${ON_START}
      (call $check (call $proxy_set_tick_period_milliseconds (i32.const 1)))
      (i32.const 1))
     (func (export "proxy_on_tick") (param i32)
      (call $enter)
      (global.set $inside (i32.const 1))
      (call $check (call $proxy_get_state (i32.const 16) (i32.const 10)
        (i32.const 32) (i32.const 1) (i32.const 40) (i32.const 44)))
      (global.set $ticks (i32.add (global.get $ticks) (i32.const 1)))
      (global.set $inside (i32.const 0)))
     ${ON_REQUEST}
      (call $enter)
      (call $answer (global.get $ticks)))`,
  );
}

/** Traps in its first tick, 100 ms after its start: less often than instances are replaced, so that there mostly is one. */
export function failingTicker(): Promise<Uint8Array> {
  return plugin(
    {},
    `${ON_START}
      (call $check (call $proxy_set_tick_period_milliseconds (i32.const 100)))
      (i32.const 1))
     (func (export "proxy_on_tick") (param i32) unreachable)
     ${ON_REQUEST} (call $answer (i32.const 7)))`,
  );
}
