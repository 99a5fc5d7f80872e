/** Instances of one module know nothing of each other (ABI.md §8.1, Clone and GetOrCreateThreadLocalWasmFailCallbacks). */
import assert from "node:assert/strict";
import { GuestMemory } from "../../abi/memory.ts";
import { PluginInstance } from "../../abi/mod.ts";
import {
  bytes,
  moduleOf,
  options,
  RecordingHost,
  request,
  text,
} from "./guests.ts";

/** Answers how many requests its memory and its global have seen, a digit each; fails where there is a body. */
const COUNTING = moduleOf(`(module
  (import "env" "proxy_set_buffer_bytes"
    (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "00")
  (global $seen (mut i32) (i32.const 48))
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (i32.store8 (i32.const 16)
      (i32.add (i32.load8_u (i32.const 16)) (i32.const 1)))
    (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
    (i32.store8 (i32.const 17) (global.get $seen))
    (drop (call $set (i32.const 1) (i32.const 0) (i32.const 0)
      (i32.const 16) (i32.const 2)))
    (i32.const 0))
  (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
    unreachable))`);

function instance(): Promise<PluginInstance> {
  return PluginInstance.create(COUNTING, new RecordingHost(), options());
}

async function ask(plugin: PluginInstance): Promise<string> {
  return text((await plugin.handleHttp(request())).body);
}

Deno.test("instances of one module share neither memory nor globals", async () => {
  const [one, two] = [await instance(), await instance()];
  assert.deepEqual([await ask(one), await ask(one)], ["11", "22"]);
  assert.equal(await ask(two), "11");
  assert.equal(await ask(one), "33");
});

Deno.test("an instance that fails harms no other of its module, those made later included", async () => {
  const [failing, other] = [await instance(), await instance()];
  await ask(other);
  const post = request({ body: bytes("x"), bodyIsReal: true });
  assert.throws(() => failing.handleHttp(post), { name: "GuestTrap" });
  assert.deepEqual([failing.failed, other.failed], [true, false]);
  assert.equal(await ask(other), "22");
  assert.equal(await ask(await instance()), "11");
});

Deno.test("words are 32 bits beside each other, and little-endian", () => {
  const memory = new GuestMemory();
  const attached = new WebAssembly.Memory({ initial: 1 });
  memory.attach(attached, undefined);
  assert.equal(memory.holds(0x200, 8), true);
  memory.setU32(0x200, -1);
  memory.setU32(0x204, 200);
  assert.deepEqual([memory.u32(0x200), memory.u32(0x204)], [0xffffffff, 200]);
  memory.setU32(0x200, 0x02000001);
  const written = new Uint8Array(attached.buffer, 0x200, 8);
  assert.deepEqual([...written], [1, 0, 0, 2, 200, 0, 0, 0]);
});
