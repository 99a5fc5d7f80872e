/** Modules as they come out of an image. */
import assert from "node:assert/strict";
import wabt from "wabt";
import { inspectModule } from "../../abi/mod.ts";
import { admitModule, ModuleError } from "../../runtime/module/admit.ts";
import { fuzz } from "./engine/fuzz.ts";

const tools = await wabt();

function assembled(text: string): Uint8Array {
  const parsed = tools.parseWat("guest.wat", text);
  const { buffer } = parsed.toBinary({ write_debug_names: true });
  parsed.destroy();
  return buffer.slice();
}

const CORPUS = [
  `(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (import "env" "proxy_redis_init" (func (param i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1 2) (table 1 funcref)
    (global (export "mode") (mut i32) (i32.const 7))
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param i32) (result i32) (i32.const 64))
    (func (export "proxy_on_tick") (param i32)
      (drop (call $log (i32.const 2) (i32.const 0) (i32.const 3))))
    (data (i32.const 0) "abc") (elem (i32.const 0) $log))`,
  `(module
    (import "wasi_unstable" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "_start") (call $exit (i32.const 3))))`,
  `(module (import "env" "proxy_get_state"
      (func (param i32 i32 i32 i32 i32 i32) (result i32)))
    (func (export "proxy_get_id")) (func (export "constructor")))`,
].map(assembled);

fuzz({
  says:
    "a module is admitted and described if it is valid, and refused by its own error if not",
  name: "modules",
  corpus: CORPUS,
  minimum: 500,
  async run(input) {
    const bytes = new Uint8Array(input);
    const valid = WebAssembly.validate(bytes);
    let module: WebAssembly.Module;
    try {
      module = await admitModule(bytes);
    } catch (error) {
      if (!(error instanceof ModuleError)) throw error;
      assert.ok(!valid, `a valid module was refused: ${error.message}`);
      return false;
    }
    assert.ok(valid, "an invalid module was admitted");
    const info = inspectModule(module);
    assert.ok(["proxy-wasm", "command", "library"].includes(info.kind));
    assert.equal(
      info.imports.length,
      WebAssembly.Module.imports(module).length,
    );
    return true;
  },
});
