/** Functions that invoke each other: the first time by the main isolate, from then on from isolate to isolate. */
import assert from "node:assert/strict";
import { assemble, fn } from "../../e2e/harness/guests.ts";
import { type Demo, type DemoOptions, withDemo } from "./harness.ts";

const ID_1 = { headers: { id: "id_1" } };
const ANSWER = [200, "There are 100 inventories for book1."];

/** A function id_2 that ends in a trap. */
function trap(): Promise<Uint8Array> {
  return assemble(`(module
    (import "env" "proxy_set_buffer_bytes"
      (func $set (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "id_2")
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param i32) (result i32) (i32.const 4096))
    (func (export "proxy_get_id")
      (drop (call $set (i32.const 8) (i32.const 0) (i32.const 4)
        (i32.const 16) (i32.const 4))))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      unreachable))`);
}

/** A host in which id_1 has invoked id_2 before, so that it does so directly. */
function withAcquainted(
  options: DemoOptions,
  test: (demo: Demo) => Promise<void>,
): Promise<void> {
  return withDemo(options, async (demo) => {
    await demo.put({ book1: "100" });
    for (let n = 0; n < 5; n++) assert.deepEqual(await book(demo), ANSWER);
    await test(demo);
  });
}

function book({ ask }: Demo, name = "book1"): Promise<[number, string]> {
  return ask(`/?name=${name}`, ID_1);
}

async function admin(demo: Demo, what: string, body: unknown): Promise<number> {
  const { adminPort } = demo.host.summary;
  const url = `http://127.0.0.1:${adminPort}/wasm/${what}`;
  const response = await fetch(url, {
    method: "POST",
    body: JSON.stringify(body),
  });
  await response.body?.cancel();
  return response.status;
}

/** How often `pattern` stands in the log. */
function times(demo: Demo, pattern: RegExp): number {
  return demo.log().match(new RegExp(pattern, "g"))?.length ?? 0;
}

Deno.test("a function that goes is not invoked, and the one that takes its id is", async () => {
  const modules = { "other.wasm": await fn({ id: "id_2", answer: "all" }) };
  await withAcquainted({ modules }, async (demo) => {
    const missing = /invoke failed: function id_2 invoked: it answered 404/;
    assert.equal(await admin(demo, "uninstall", { name: "id_2" }), 200);
    for (let n = 1; n <= 3; n++) {
      assert.notDeepEqual(await book(demo), ANSWER);
      assert.equal(times(demo, missing), n);
    }
    const { path } = demo.host.summary.functions[0]!;
    const other = path.replace("f1.wasm", "other.wasm");
    const install = { name: "id_2", vm_config: { engine: "x", path: other } };
    assert.equal(await admin(demo, "install", install), 200);
    for (let n = 0; n < 3; n++) {
      const all = [200, "There are all inventories for book1."];
      assert.deepEqual(await book(demo), all);
    }
  });
});

Deno.test("calls under way while a function goes get its answer or are told that it is gone", async () => {
  const modules = { "good.wasm": await fn({ id: "id_2", answer: "100" }) };
  const functions = { f1: "f1.wasm", f2: "good.wasm" };
  await withAcquainted({ modules, functions }, async (demo) => {
    const asked = Array.from({ length: 100 }, () => book(demo));
    const gone = admin(demo, "uninstall", { name: "id_2" });
    const answers = await Promise.all(asked);
    assert.equal(await gone, 200);
    const failed = answers.filter(([, body]) => body !== ANSWER[1]).length;
    assert.equal(times(demo, /invoke failed: .* it answered 404/), failed);
  });
});

Deno.test("an argument over the limit of the function that is invoked is refused as 413, each time", () =>
  withAcquainted({
    functions: { f1: "f1.wasm", f2: { path: "f2.wasm", "body-limit": 8 } },
  }, async (demo) => {
    for (let n = 1; n <= 2; n++) {
      assert.notDeepEqual(await book(demo, "x".repeat(9)), ANSWER);
      const refused =
        /invoke failed: function id_2 invoked: it answered 413 \(function id_2: .* 8 bytes\)/;
      assert.equal(times(demo, refused), n);
    }
    assert.deepEqual(await book(demo), ANSWER);
  }));

Deno.test("what a function that is invoked fails with stands in the caller's log, each time", async () => {
  const modules = {
    "trap.wasm": await trap(),
    "good.wasm": await fn({ id: "id_2", answer: "100" }),
  };
  await withDemo({ modules }, async (demo) => {
    const folder = demo.host.summary.functions[0]!.path.replace("f1.wasm", "");
    const replace = async (file: string) => {
      const path = folder + file;
      await admin(demo, "uninstall", { name: "id_2" });
      const install = { name: "id_2", vm_config: { engine: "x", path } };
      assert.equal(await admin(demo, "install", install), 200);
    };
    await replace("good.wasm");
    assert.deepEqual(await book(demo), ANSWER);
    await replace("trap.wasm");
    for (let n = 1; n <= 4; n++) {
      assert.notDeepEqual(await book(demo), ANSWER);
      const failed =
        /invoke failed: function id_2 invoked: it answered 500 .*function=id_1\n/;
      assert.equal(times(demo, failed), n);
    }
  });
});

Deno.test("functions in several isolates each invoke those of the other", () =>
  withAcquainted({
    functions: {
      f1: { path: "f1.wasm", isolates: 2 },
      f2: { path: "f2.wasm", isolates: 3 },
    },
  }, async (demo) => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => book(demo)),
    );
    for (const answer of answers) assert.deepEqual(answer, ANSWER);
  }));
