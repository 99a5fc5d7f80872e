/** A guest that takes all the memory it can have (ABI.md §8.1, WasmMemoryLimit). The limit is the module's own. */
import assert from "node:assert/strict";
import { GuestTrap, PluginInstance } from "../../abi/mod.ts";
import { moduleOf, options, RecordingHost, request } from "./guests.ts";

const PAGE = 65536;
/** 20 MiB. */
const MAXIMUM = 320;

/** Grows page by page until it is refused, and gives up there as a language's runtime does. */
const GREEDY = moduleOf(`(module
  (memory (export "memory") 1 ${MAXIMUM})
  (func (export "proxy_abi_version_0_2_0"))
  (func $out_of_memory unreachable)
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (loop $more
      (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (call $out_of_memory)
    (i32.const 0)))`);

Deno.test("a memory grows to its maximum and no further, and a guest that then gives up is told as any that traps", async () => {
  let memory: WebAssembly.Memory | undefined;
  const start = () =>
    PluginInstance.create(GREEDY, new RecordingHost(), options(), {
      onInstantiated: ({ exports }) =>
        memory = exports.memory as WebAssembly.Memory,
    });
  const plugin = await start();
  assert.throws(() => plugin.handleHttp(request()), (error) => {
    assert.ok(error instanceof GuestTrap);
    assert.match(error.message, /proxy_on_request_headers: unreachable/);
    assert.match(error.wasmStack, /^at out_of_memory /);
    return true;
  });
  assert.equal(memory?.buffer.byteLength, MAXIMUM * PAGE);
  await start();
  assert.equal(memory.buffer.byteLength, PAGE, "another begins anew");
});
