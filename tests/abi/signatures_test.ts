/** Exports with other parameters than the host calls them with are as good as missing (ABI.md §8.1, BadSignature). */
import assert from "node:assert/strict";
import { runCommand } from "../../abi/mod.ts";
import { bytes, moduleOf, RecordingHost, request, text } from "./guests.ts";
import { guest, PRELUDE, start } from "./letters.ts";

Deno.test("start functions with other parameters are not called", async () => {
  const { letters } = await start(guest(
    { _initialize: "absent" },
    `(func (export "_initialize") (param i32) unreachable)
    (func (export "main") (result i32) unreachable)
    (func (export "_start") (call $say (i32.const 83)))`,
  ));
  assert.equal(letters(), "Scvf");
});

Deno.test("an allocator with other parameters is passed over for one that fits", async () => {
  const { plugin } = await start(`(module
    (import "env" "proxy_get_buffer_bytes"
      (func $get (param i32 i32 i32 i32 i32) (result i32)))
    ${PRELUDE}
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param i32 i32) (result i32) unreachable)
    (func (export "proxy_on_memory_allocate") (param i32) (result i32)
      (i32.const 1024))
    (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
      (drop (call $get (i32.const 0) (i32.const 0) (i32.const -1)
        (i32.const 16) (i32.const 20)))
      (drop (call $set (i32.const 1) (i32.const 0) (i32.const 0)
        (i32.load (i32.const 16)) (i32.load (i32.const 20))))
      (i32.const 0)))`);
  const post = request({ body: bytes("12345"), bodyIsReal: true });
  assert.equal(text((await plugin.handleHttp(post)).body), "12345");
});

Deno.test("a callback that wants 64 bits cannot be called: its instance ends with callback and reason", async () => {
  const { plugin } = await start(`(module ${PRELUDE}
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "proxy_on_request_headers") (param i64 i32 i32) (result i32)
      (i32.const 0)))`);
  assert.throws(() => plugin.handleHttp(request()), {
    name: "GuestTrap",
    callback: "proxy_on_request_headers",
    message: /BigInt/,
  });
  assert.equal(plugin.failed, true);
});

Deno.test("a command's entry that is missing or wants arguments is told by name", async () => {
  const module = moduleOf(`(module
    (memory (export "memory") 1)
    (func (export "_start"))
    (func (export "run") (param i32)))`);
  for (const entry of ["run", "absent", "memory"]) {
    await assert.rejects(
      runCommand(module, new RecordingHost(), { args: [], env: [], entry }),
      new RegExp(`\\b${entry}\\b`),
    );
  }
});
