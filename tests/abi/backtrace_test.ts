/** How a guest that fails deep inside is told of (ABI.md §8.1, Trap and Trap2). */
import assert from "node:assert/strict";
import { GuestTrap, PluginInstance, runCommand } from "../../abi/mod.ts";
import { moduleOf, options, RecordingHost, request } from "./guests.ts";
import { PRELUDE, start } from "./letters.ts";

/** Functions that call each other and do not get back. */
const DEEP = `
  (func $five unreachable)
  (func $four (call $five))
  (func $three (call $four))
  (func $two (call $three))
  (func $one (call $two))`;

/** The functions' names in a stack, innermost first. */
function names(trap: GuestTrap): string[] {
  return trap.wasmStack.split("\n").map((line) => /^at (\S+)/.exec(line)![1]!);
}

Deno.test("a trap's stack names each function on its way, innermost first", async () => {
  const failed = Promise.withResolvers<GuestTrap>();
  const plugin = await PluginInstance.create(
    moduleOf(`(module ${PRELUDE} ${DEEP}
      (func (export "proxy_abi_version_0_2_0"))
      (func $trigger (export "proxy_on_tick") (param i32) (call $one)))`),
    new RecordingHost(),
    options(),
    { onFailed: failed.resolve },
  );
  plugin.tick();
  const trap = await failed.promise;
  assert.match(trap.message, /proxy_on_tick: unreachable/);
  assert.deepEqual(names(trap), [
    "five",
    "four",
    "three",
    "two",
    "one",
    "trigger",
  ]);
});

Deno.test("so does that of a callback with a result, and of a command", async () => {
  const { plugin } = await start(`(module ${PRELUDE} ${DEEP}
    (func (export "proxy_abi_version_0_2_0"))
    (func $trigger2 (export "proxy_on_request_headers")
      (param i32 i32 i32) (result i32) (call $four) (i32.const 0)))`);
  assert.throws(() => plugin.handleHttp(request()), (error) => {
    assert.ok(error instanceof GuestTrap);
    assert.deepEqual(names(error), ["five", "four", "trigger2"]);
    return true;
  });
  const command = moduleOf(`(module ${DEEP}
    (func $main (export "_start") (call $four)))`);
  const ran = runCommand(command, new RecordingHost(), { args: [], env: [] });
  await assert.rejects(ran, (error) => {
    assert.ok(error instanceof GuestTrap);
    assert.deepEqual(names(error), ["five", "four", "main"]);
    return true;
  });
});
