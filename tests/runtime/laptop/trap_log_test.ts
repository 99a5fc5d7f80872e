/** What the log says of a guest that fails (ABI.md §8.1, Trap). */
import assert from "node:assert/strict";
import { assemble } from "../../e2e/harness/guests.ts";
import { withDemo } from "./harness.ts";

/** As far below its callback as the panics of Go and Rust are. */
const DEPTH = 24;

function deepGuest(): Promise<Uint8Array> {
  const functions = Array.from(
    { length: DEPTH },
    (_, i) => `(func $step${i} (call $step${i + 1}))`,
  );
  return assemble(`(module
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    ${functions.join("\n")}
    (func $step${DEPTH} unreachable)
    (func $handler (export "proxy_on_request_headers")
      (param i32 i32 i32) (result i32) (call $step0) (i32.const 0)))`);
}

Deno.test("a trap is logged with function, callback, message and its stack down to the callback", async () => {
  await withDemo({
    modules: { "deep.wasm": await deepGuest() },
    functions: { deep: "deep.wasm" },
  }, async ({ ask, logged }) => {
    assert.equal((await ask("/"))[0], 500);
    const line = (await logged(/wasm stack/)).split("\n").find((one) =>
      one.includes("wasm stack")
    )!;
    assert.match(line, /level=error .*proxy_on_request_headers.*unreachable/);
    assert.match(line, /function=deep\b/);
    const names = [...line.matchAll(/at (step\d+|handler) /g)]
      .map(([, name]) => name);
    const steps = Array.from({ length: DEPTH + 1 }, (_, i) => `step${i}`);
    assert.deepEqual(names, [...steps.reverse(), "handler"]);
  });
});
