;; Answers "hello" to every request. All there is to a function: an ABI marker, an id, a callback and an allocator.
(module
  (import "env" "proxy_set_buffer_bytes"
    (func $set_buffer (param $buffer i32) (param $start i32) (param $replaced i32) (param $text i32) (param $size i32)
      (result i32)))

  (memory (export "memory") 1)
  (data (i32.const 8) "hello")

  ;; Where the next allocation begins.
  (global $free (mut i32) (i32.const 1024))

  ;; Never called: says which ABI this is.
  (func (export "proxy_abi_version_0_2_0"))

  ;; The id goes into buffer 8, the call data.
  (func (export "proxy_get_id")
    (drop (call $set_buffer (i32.const 8) (i32.const 0) (i32.const 5) (i32.const 8) (i32.const 5))))

  ;; The answer goes into buffer 1, the response body. 0 means: go on.
  (func (export "proxy_on_request_headers") (param $context i32) (param $count i32) (param $end i32) (result i32)
    (drop (call $set_buffer (i32.const 1) (i32.const 0) (i32.const 5) (i32.const 8) (i32.const 5)))
    (i32.const 0))

  ;; Memory for what the host returns. This function asks for nothing, so one page that is never freed is enough.
  (func (export "malloc") (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $free))
    (if (i32.gt_u (local.get $size) (i32.sub (i32.const 65536) (local.get $at)))
      (then (unreachable)))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.get $at)))
