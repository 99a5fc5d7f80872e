/** A plugin that says when its contexts end, as WebAssembly text. */
import { passThrough, PROXY_WASM } from "../../abi/signatures.ts";
import { assemble } from "../../e2e/harness/guests.ts";

/** Says `done` and `deleted` of its root contexts, `over` of a request's; `done` and `more` are WebAssembly text. */
export function endingGuest(
  done = "(i32.const 1)",
  more = "",
): Promise<Uint8Array> {
  const imports = [
    "proxy_log",
    "proxy_done",
    "proxy_set_tick_period_milliseconds",
    "proxy_send_local_response",
    "proxy_set_effective_context",
  ].map((name) => passThrough("env", name, PROXY_WASM[name]!).imported);
  return assemble(`(module
    ${imports.join("\n")}
    (memory (export "memory") 1)
    (data (i32.const 16) "done")
    (data (i32.const 32) "deleted")
    (data (i32.const 48) "over")
    (global $root (mut i32) (i32.const 0))
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param i32) (result i32) (i32.const 4096))
    (func $say (param i32 i32)
      (drop (call $proxy_log (i32.const 2) (local.get 0) (local.get 1))))
    (func (export "proxy_on_context_create") (param i32 i32)
      (if (i32.eqz (local.get 1)) (then (global.set $root (local.get 0)))))
    (func (export "proxy_on_done") (param i32) (result i32)
      (if (i32.ne (local.get 0) (global.get $root))
        (then (call $say (i32.const 48) (i32.const 4)) (return (i32.const 1))))
      (call $say (i32.const 16) (i32.const 4))
      ${done})
    (func (export "proxy_on_delete") (param i32)
      (if (i32.eq (local.get 0) (global.get $root))
        (then (call $say (i32.const 32) (i32.const 7)))))
    ${more})`);
}
