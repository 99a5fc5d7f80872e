;; Reads book1 of state_demo COUNT times for one request and answers with how long each call took: u32 nanoseconds,
;; little-endian. Traps on any answer but "100".
(module
  (import "env" "proxy_get_state" (func $get_state (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_current_time_nanoseconds" (func $now (param i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes" (func $set_buffer (param i32 i32 i32 i32 i32) (result i32)))

  (memory (export "memory") 2)
  (data (i32.const 64) "state_demo")
  (data (i32.const 80) "book1")

  ;; Two times at 0 and 8, the result's address and size at 16 and 20, durations from 65536.
  (global $free (mut i32) (i32.const 1024))

  (func (export "proxy_abi_version_0_2_0"))

  ;; One block at a time: each result lies where the one before it lay.
  (func (export "malloc") (param $size i32) (result i32) (global.get $free))

  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $i i32)
    (loop $more
      (drop (call $now (i32.const 0)))
      (if (call $get_state (i32.const 64) (i32.const 10) (i32.const 80) (i32.const 5) (i32.const 16) (i32.const 20))
        (then (unreachable)))
      (drop (call $now (i32.const 8)))
      (if (i32.ne (i32.load (i32.const 20)) (i32.const 3)) (then (unreachable)))
      ;; "100" and, above it, whatever lies there.
      (if (i32.ne (i32.and (i32.load (i32.load (i32.const 16))) (i32.const 0xffffff)) (i32.const 0x303031))
        (then (unreachable)))
      (i32.store (i32.add (i32.const 65536) (i32.shl (local.get $i) (i32.const 2)))
        (i32.wrap_i64 (i64.sub (i64.load (i32.const 8)) (i64.load (i32.const 0)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const COUNT))))
    (drop (call $set_buffer (i32.const 1) (i32.const 0) (i32.const 0)
      (i32.const 65536) (i32.shl (local.get $i) (i32.const 2))))
    (i32.const 0)))
