;; Makes one plain host call COUNT times for one request, CALL with its arguments, and answers with how long all of them
;; took: u64 nanoseconds, little-endian. Traps on any status but 0.
(module
  (import "env" "proxy_get_current_time_nanoseconds" (func $time (param i32) (result i32)))
  (import "env" "proxy_get_buffer_status" (func $buffer_status (param i32 i32 i32) (result i32)))
  (import "env" "proxy_get_header_map_value" (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_shared_data" (func $shared_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $shared_set (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_define_metric" (func $define (param i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_increment_metric" (func $increment (param i32 i64) (result i32)))
  (import "env" "proxy_set_buffer_bytes" (func $set_buffer (param i32 i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 1)
  (data (i32.const 64) ":authority")

  (func (export "proxy_abi_version_0_2_0"))

  ;; One block at a time: each result lies where the one before it lay.
  (func (export "malloc") (param $size i32) (result i32) (i32.const 1024))

  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $i i32)
    ;; So that there are a value and a counter to ask about.
    (drop (call $shared_set (i32.const 64) (i32.const 10) (i32.const 64) (i32.const 4) (i32.const 0)))
    (drop (call $define (i32.const 0) (i32.const 64) (i32.const 10) (i32.const 48)))
    ;; So that there is a buffer to ask about.
    (drop (call $set_buffer (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 64) (i32.const 4)))
    (drop (call $time (i32.const 0)))
    (loop $more
      (if CALL (then (unreachable)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const COUNT))))
    (drop (call $time (i32.const 8)))
    (i64.store (i32.const 16) (i64.sub (i64.load (i32.const 8)) (i64.load (i32.const 0))))
    (drop (call $set_buffer (i32.const 1) (i32.const 0) (i32.const 4) (i32.const 16) (i32.const 8)))
    (i32.const 0)))
