;; Calls one import $n times: what crossing from WebAssembly to JavaScript costs at the least.
(module
  (import "env" "f" (func $f (param i32) (result i32)))
  (func (export "run") (param $n i32)
    (loop $more
      (drop (call $f (local.get $n)))
      (br_if $more (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
