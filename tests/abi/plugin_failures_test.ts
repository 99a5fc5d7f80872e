import assert from "node:assert/strict";
import {
  type GuestResponse,
  GuestTrap,
  PluginInstance,
} from "../../abi/mod.ts";
import { bytes, moduleOf, options, RecordingHost, request } from "./guests.ts";
import { guest, PRELUDE, start } from "./letters.ts";

const FAILURES: [name: string, body: string, message: RegExp][] = [
  ["a trap", "unreachable", /unreachable/],
  [
    "a division by zero",
    "(i32.div_u (i32.const 1) (i32.const 0))",
    /divide by zero/,
  ],
  ["a read out of bounds", "(i32.load (i32.const -1))", /out of bounds/],
  ["endless recursion", "(call $deep (i32.const 0))", /call stack/],
  ["proc_exit", "(call $exit (i32.const 3)) (i32.const 0)", /proc_exit\(3\)/],
  [
    "proc_exit among caught exceptions",
    "(try (do (call $exit (i32.const 3))) (catch_all)) (i32.const 0)",
    /proc_exit\(3\)/,
  ],
];

function failing(body: string): string {
  return `(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_0"))
    (func $deep (param i32) (result i32)
      (i32.add (i32.const 1) (call $deep (local.get 0))))
    (func $handler (export "proxy_on_request_headers")
      (param i32 i32 i32) (result i32) ${body}))`;
}

for (const [name, body, message] of FAILURES) {
  Deno.test(`${name} is a GuestTrap with callback, message and wasm stack, and ends the instance (trap 6) (trap 29)`, async () => {
    const { plugin } = await start(failing(body));
    assert.throws(
      () => plugin.handleHttp(request()) as GuestResponse,
      (error) => {
        assert.ok(error instanceof GuestTrap);
        assert.equal(error.callback, "proxy_on_request_headers");
        assert.match(error.message, message);
        assert.match(error.wasmStack, /wasm:\/\/wasm/);
        assert.match(error.wasmStack, /handler|deep/);
        return true;
      },
    );
    assert.equal(plugin.failed, true);
    assert.equal(plugin.busy, false);
    assert.throws(() => plugin.handleHttp(request()), /has failed/);
    assert.throws(() => plugin.tick(), /has failed/);
  });
}

const STATE = `(import "env" "proxy_get_state"
  (func (param i32 i32 i32 i32 i32 i32) (result i32)))`;

for (const [how, more] of [["plainly", ""], ["so that it may wait", STATE]]) {
  Deno.test(`an error of the host's passes unchanged through a guest that was entered ${how}, and ends the instance (trap 6)`, async () => {
    const { plugin, host } = await start(`(module ${more} ${PRELUDE}
      (func (export "proxy_abi_version_0_2_0"))
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (call $say (i32.const 104)) (i32.const 0)))`);
    const error = new RangeError("the host's own");
    host.log = () => {
      throw error;
    };
    await assert.rejects(
      async () => await plugin.handleHttp(request()),
      (trap) => trap instanceof GuestTrap && trap.cause === error,
    );
    assert.equal(plugin.failed, true);
  });
}

Deno.test("a trap on the way up is a GuestTrap that names the step", async () => {
  for (
    const name of [
      "_initialize",
      "proxy_on_context_create",
      "proxy_on_vm_start",
      "proxy_on_configure",
    ]
  ) {
    await assert.rejects(start(guest({ [name]: "unreachable" })), {
      name: "GuestTrap",
      callback: name,
    });
  }
});

Deno.test("a start section may call the host before there is a memory, and a trap in it is told", async () => {
  const early = (body: string) =>
    `(module ${PRELUDE}
      (func (export "proxy_abi_version_0_2_0"))
      (global $status (mut i32) (i32.const -1))
      (func $begin ${body})
      (start $begin)
      (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
        (call $say (global.get $status)) (i32.const 0)))`;
  const { plugin, host } = await start(early(`
    (global.set $status (i32.add (i32.const 48)
      (call $log (i32.const 2) (i32.const 0) (i32.const 1))))
    (drop (call $be (i32.const 1)))
    (call $answer)`));
  await plugin.handleHttp(request());
  assert.equal(host.logged.at(-1)![1], "6");
  await assert.rejects(start(early("unreachable")), {
    name: "GuestTrap",
    callback: "the start section",
  });
});

Deno.test("proc_exit(0) is the ordinary end of a plugin's _start, another code is a failure", async () => {
  const exits = (code: number) =>
    `(module
      (import "wasi_unstable" "proc_exit" (func $exit (param i32)))
      (memory (export "memory") 1)
      (func (export "proxy_abi_version_0_2_0"))
      (func (export "_start") (call $exit (i32.const ${code})) unreachable))`;
  const { plugin } = await start(exits(0));
  assert.equal((await plugin.handleHttp(request())).status, 200);
  await assert.rejects(start(exits(1)), { callback: "_start" });
});

Deno.test("a plugin that gives up as its context is created has said why, and fails with that callback's name (trap 35)", async () => {
  // As C's SDK does where no plugin of its has the root id.
  const host = new RecordingHost();
  const module = moduleOf(`(module
    (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "no such root")
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "proxy_on_context_create") (param i32 i32)
      (drop (call $log (i32.const 5) (i32.const 8) (i32.const 12)))
      (call $exit (i32.const 1))
      unreachable))`);
  await assert.rejects(
    PluginInstance.create(module, host, options({ rootId: "other" })),
    {
      name: "GuestTrap",
      callback: "proxy_on_context_create",
      message: /proc_exit\(1\)/,
    },
  );
  assert.deepEqual(host.lines, ["5 no such root"]);
});

Deno.test("an allocator that waits ends the instance instead of hanging it (trap 11)", async () => {
  const host = new RecordingHost();
  host.state = () => Promise.resolve(bytes("value"));
  const module = moduleOf(`(module
    (import "env" "proxy_get_state"
      (func $get (param i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param i32) (result i32)
      (drop (call $get (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)
        (i32.const 8) (i32.const 12)))
      (i32.const 1024))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop (call $get (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)
        (i32.const 8) (i32.const 12)))
      (i32.const 0)))`);
  const plugin = await PluginInstance.create(module, host, options());
  await assert.rejects(
    async () => await plugin.handleHttp(request()),
    { name: "GuestTrap", callback: "proxy_on_request_headers" },
  );
  assert.equal(plugin.failed, true);
});
