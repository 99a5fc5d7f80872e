;; The first demo function, reduced to the calls it makes (id_1): reads the
;; request body, keeps what follows the first "=", asks function id_2 with it,
;; and answers "There are <answer> inventories for <argument>."
(module
  (import "env" "proxy_get_buffer_bytes"
    (func $get_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes"
    (func $set_buffer (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_invoke_service"
    (func $invoke (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 4096))
  (data (i32.const 16) "id_1")
  (data (i32.const 32) "id_2")
  (data (i32.const 48) "There are ")
  (data (i32.const 64) " inventories for ")
  (data (i32.const 96) ".")

  ;; Words at 0, 4: address and size of the body; at 8, 12: of the answer.
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "_start"))

  (func (export "proxy_get_id")
    (drop (call $set_buffer
      (i32.const 8) (i32.const 0) (i32.const 0x7fffffff)
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

  ;; Copies to $to and gives the address after the copy.
  (func $append (param $to i32) (param $from i32) (param $size i32)
    (result i32)
    (memory.copy (local.get $to) (local.get $from) (local.get $size))
    (i32.add (local.get $to) (local.get $size)))

  (func (export "proxy_on_request_body")
    (param $context i32) (param $size i32) (param $end i32) (result i32)
    (local $argument i32) (local $limit i32) (local $at i32) (local $text i32)
    (if (call $get_buffer
          (i32.const 0) (i32.const 0) (local.get $size)
          (i32.const 0) (i32.const 4))
      (then (return (i32.const 1))))
    (local.set $argument (i32.load (i32.const 0)))
    (local.set $limit
      (i32.add (local.get $argument) (i32.load (i32.const 4))))
    ;; The argument begins after the first "=".
    (block $found
      (loop $next
        (if (i32.ge_u (local.get $argument) (local.get $limit))
          (then unreachable))
        (local.set $at (i32.load8_u (local.get $argument)))
        (local.set $argument (i32.add (local.get $argument) (i32.const 1)))
        (br_if $found (i32.eq (local.get $at) (i32.const 61)))
        (br $next)))
    (if (call $invoke
          (i32.const 32) (i32.const 4) (i32.const 0) (i32.const 0)
          (local.get $argument)
          (i32.sub (local.get $limit) (local.get $argument))
          (i32.const 8) (i32.const 12))
      (then (return (i32.const 1))))
    ;; Room behind everything that was handed to us.
    (local.set $text
      (call $room (i32.add
        (i32.const 64)
        (i32.add (i32.load (i32.const 4)) (i32.load (i32.const 12))))))
    (local.set $at
      (call $append (local.get $text) (i32.const 48) (i32.const 10)))
    (local.set $at
      (call $append (local.get $at)
        (i32.load (i32.const 8)) (i32.load (i32.const 12))))
    (local.set $at
      (call $append (local.get $at) (i32.const 64) (i32.const 17)))
    (local.set $at
      (call $append (local.get $at) (local.get $argument)
        (i32.sub (local.get $limit) (local.get $argument))))
    (local.set $at
      (call $append (local.get $at) (i32.const 96) (i32.const 1)))
    (drop (call $set_buffer
      (i32.const 1) (i32.const 0x7fffffff) (i32.const 0)
      (local.get $text) (i32.sub (local.get $at) (local.get $text))))
    (i32.const 0))

  ;; Gives memory out upwards and starts over with every request.
  (func $room (export "malloc") (param $size i32) (result i32)
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
