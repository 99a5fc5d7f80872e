import assert from "node:assert/strict";
import { assemble, fn } from "../../e2e/harness/guests.ts";
import { withDemo } from "./harness.ts";

/** May be suspended, so that an instance counts with what its call may take. */
const GREEDY = `(module
  (import "env" "proxy_get_state"
    (func (param i32 i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_0"))
  (func (export "proxy_get_id")))`;

Deno.test("more instances than the process can hold are refused, and the others go on", async () => {
  const modules = {
    "f.wasm": await fn({ id: "f", answer: "here" }),
    "greedy.wasm": await assemble(GREEDY),
  };
  const functions = { f: "f.wasm" };
  await withDemo({ modules, functions }, async ({ host, ask }) => {
    const { adminPort, functions: [{ path } = { path: "" }] } = host.summary;
    const response = await fetch(`http://127.0.0.1:${adminPort}/wasm/install`, {
      method: "POST",
      body: JSON.stringify({
        name: "greedy",
        instance_num: 100_000,
        vm_config: { path: path.replace("f.wasm", "greedy.wasm") },
      }),
    });
    assert.equal(response.status, 500);
    const { error } = await response.json();
    assert.match(error, /as many WebAssembly memories as it may/);
    assert.deepEqual(await ask("/"), [200, "here"]);
  });
});
