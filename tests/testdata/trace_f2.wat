;; The second demo function, reduced to the calls it makes (id_2): takes the
;; request body for a key, reads it from store state_demo, and answers the
;; value. Like the original it imports no WASI at all.
(module
  (import "env" "proxy_get_buffer_bytes"
    (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes"
    (func $set_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_state"
    (func $get_state (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 4096))
  (data (i32.const 16) "id_2")
  (data (i32.const 32) "state_demo")
  (data (i32.const 64) "Get State failed")

  ;; Words at 0, 4: address and size of the key; at 8, 12: of the value.
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "_start"))

  (func (export "proxy_get_id")
    (drop (call $set_buffer
      (i32.const 8) (i32.const 0) (i32.const 4)
      (i32.const 16) (i32.const 4))))

  (func (export "proxy_on_context_create") (param i32 i32)
    (global.set $heap (i32.const 4096)))
  (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
    (i32.const 1))
  (func (export "proxy_on_configure") (param i32 i32) (result i32)
    (i32.const 1))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (i32.const 0))
  (func (export "proxy_on_done") (param i32) (result i32) (i32.const 1))
  (func (export "proxy_on_delete") (param i32))

  (func (export "proxy_on_request_body")
    (param $context i32) (param $size i32) (param $end i32) (result i32)
    (if (call $get_buffer
          (i32.const 0) (i32.const 0) (local.get $size)
          (i32.const 0) (i32.const 4))
      (then (return (i32.const 1))))
    (if (call $get_state
          (i32.const 32) (i32.const 10)
          (i32.load (i32.const 0)) (i32.load (i32.const 4))
          (i32.const 8) (i32.const 12))
      (then
        (drop (call $log (i32.const 4) (i32.const 64) (i32.const 16)))
        (return (i32.const 1))))
    (drop (call $set_buffer
      (i32.const 1) (i32.const 0) (i32.load (i32.const 12))
      (i32.load (i32.const 8)) (i32.load (i32.const 12))))
    (i32.const 0))

  ;; Gives memory out upwards and starts over with every request.
  (func (export "malloc") (param $size i32) (result i32)
    (local $address i32)
    (local.set $address (global.get $heap))
    (global.set $heap (i32.add (local.get $address) (local.get $size)))
    (if (i32.gt_u
          (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
      (then
        (drop
          (memory.grow
            (i32.add
              (i32.shr_u (local.get $size) (i32.const 16))
              (i32.const 1))))))
    (local.get $address)))
