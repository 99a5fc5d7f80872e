import assert from "node:assert/strict";
import { fn } from "../../e2e/harness/guests.ts";
import { ROOT } from "../../cli/run.ts";
import { withDemo } from "../laptop/harness.ts";

Deno.test("a module is compiled once for all isolates and instances of its function (trap 36)", async () => {
  const module = await fn({ id: "f", answer: "here" });
  const { compile } = WebAssembly;
  let compiled = 0;
  WebAssembly.compile = (bytes) => {
    if (bytes.byteLength === module.length) compiled++;
    return compile(bytes);
  };
  try {
    await withDemo({
      modules: { "f.wasm": module },
      functions: { f: { path: "f.wasm", isolates: 3, instances: 2 } },
    }, async ({ ask }) => {
      assert.deepEqual(await ask("/"), [200, "here"]);
    });
  } finally {
    WebAssembly.compile = compile;
  }
  assert.equal(compiled, 1);
});

Deno.test("nothing else than the admission of a module compiles a guest's, so no isolate does (trap 36)", async () => {
  const found: string[] = [];
  const look = async (folder: string) => {
    for await (const { name, isDirectory } of Deno.readDir(ROOT + folder)) {
      const path = `${folder}/${name}`;
      if (isDirectory) await look(path);
      else if (name.endsWith(".ts")) {
        const text = await Deno.readTextFile(ROOT + path);
        const compiles =
          /WebAssembly\.(compile|instantiate)|new WebAssembly\.Module\b/;
        if (compiles.test(text)) found.push(path);
      }
    }
  };
  for (const room of ["abi", "runtime"]) await look(room);
  // The first has 40 bytes of its own, which trap.
  assert.deepEqual(found, ["abi/unwind.ts", "runtime/module/admit.ts"]);
});
