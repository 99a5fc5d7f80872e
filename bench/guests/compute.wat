;; Computes for each request, ROUNDS times round a loop that V8 cannot leave out, and answers with nothing.
(module
  (memory (export "memory") 1)

  (func (export "proxy_abi_version_0_2_0"))

  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $i i32) (local $x i32)
    (local.set $x (i32.load (i32.const 0)))
    (loop $more
      (local.set $x (i32.add (i32.rotl (local.get $x) (i32.const 5)) (i32.mul (local.get $i) (i32.const 0x9e3779b1))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $i) (i32.const ROUNDS))))
    (i32.store (i32.const 0) (local.get $x))
    (i32.const 0)))
