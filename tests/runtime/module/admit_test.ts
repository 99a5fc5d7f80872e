import assert from "node:assert/strict";
import { admitModule, ModuleError } from "../../../runtime/module/admit.ts";
import { assemble } from "../../e2e/harness/guests.ts";

Deno.test("a module passes through unchanged, and says its imports and exports", async () => {
  const bytes = await assemble(`(module (func (export "run")))`);
  const module = await admitModule(bytes.slice());
  assert.deepEqual(WebAssembly.Module.exports(module), [
    { name: "run", kind: "function" },
  ]);
});

Deno.test("the original bytes are what is validated: a write to a global that is not there is refused", async () => {
  // (func i32.const 0, global.set 0) without any global: valid only once a rewrite appends one.
  const bytes = Uint8Array.of(
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0x24, 0x00, 0x0b],
  );
  await assert.rejects(admitModule(bytes), ModuleError);

  const repaired = Uint8Array.of(
    ...bytes.subarray(0, 18),
    ...[0x06, 0x06, 0x01, 0x7f, 0x01, 0x41, 0x00, 0x0b],
    ...bytes.subarray(18),
  );
  assert(WebAssembly.validate(repaired), "the rewrite makes it valid");
  await assert.rejects(admitModule(bytes, () => repaired), ModuleError);
});

Deno.test("what is compiled is what the rewrite made of the module", async () => {
  const before = await assemble(`(module (func (export "before")))`);
  const after = await assemble(`(module (func (export "after")))`);
  const module = await admitModule(before.slice(), () => after.slice());
  assert.equal(WebAssembly.Module.exports(module)[0]?.name, "after");
});

Deno.test("every cut of a module is refused, and the start of what was found is said", async () => {
  const bytes = await assemble(
    `(module (memory 1) (func (export "run")) (data (i32.const 0) "abc"))`,
  );
  for (let length = 0; length < bytes.length; length++) {
    const cut = bytes.slice(0, length);
    // A cut between sections is a module of its own.
    if (WebAssembly.validate(cut)) continue;
    await assert.rejects(admitModule(cut), ModuleError, `${length} bytes`);
  }
  await assert.rejects(
    admitModule(Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0)),
    /found bytes 7f 45 4c 46/,
  );
});
