import assert from "node:assert/strict";
import { fn } from "../../e2e/harness/guests.ts";
import { withDemo } from "./harness.ts";

Deno.test("a function in several isolates serves from all of them on one port", async () => {
  const modules = { "f.wasm": await fn({ id: "f", answer: "here" }) };
  const functions = { f: { path: "f.wasm", isolates: 3 } };
  await withDemo({ modules, functions }, async ({ host, ask }) => {
    // A connection each, so that the kernel spreads them.
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => ask("/")),
    );
    for (const answer of answers) assert.deepEqual(answer, [200, "here"]);
    const { actuatorPort } = host.summary;
    const metrics = await fetch(`http://127.0.0.1:${actuatorPort}/metrics`);
    const text = await metrics.text();
    assert.match(text, /instances\{function="f"\} 3/);
    assert.match(text, /requests_total\{function="f",code="2xx"\} 60/);
  });
});

Deno.test("a second function beside one with several isolates is reached through each of them", async () => {
  const modules = {
    "f.wasm": await fn({ id: "f", answer: "first" }),
    "g.wasm": await fn({ id: "g", answer: "second" }),
  };
  const functions = {
    f: { path: "f.wasm", isolates: 2 },
    g: { path: "g.wasm", isolates: 2 },
  };
  await withDemo({ modules, functions }, async ({ ask }) => {
    for (let i = 0; i < 20; i++) {
      assert.deepEqual(await ask("/", { headers: { id: "g" } }), [
        200,
        "second",
      ]);
      assert.deepEqual(await ask("/", { headers: { id: "f" } }), [
        200,
        "first",
      ]);
    }
  });
});
