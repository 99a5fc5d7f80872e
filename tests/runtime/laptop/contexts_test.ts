/** Contexts of a chain are created before and deleted after all else, once each, however an exchange ends (ABI.md §7.24). */
import assert from "node:assert/strict";
import { assemble } from "../../e2e/harness/guests.ts";
import { passThrough, PROXY_WASM } from "../../abi/signatures.ts";
import { type Demo, withDemo } from "./harness.ts";

const CALLBACKS: [name: string, params: number, result: boolean][] = [
  ["request_headers", 3, true],
  ["request_body", 3, true],
  ["response_headers", 3, true],
  ["response_body", 3, true],
  ["done", 1, true],
  ["log", 1, false],
];

/**
 * A plugin that fails at what the SDKs fail at: an id that is created twice, a callback for one that is not there. It
 * says `+` and `-` with an id as contexts come and go. `asks` has other bodies for its callbacks.
 */
function strict(asks: Record<string, string> = {}): Promise<Uint8Array> {
  const imports = [
    "proxy_log",
    "proxy_send_local_response",
    "proxy_close_stream",
  ].map((name) => passThrough("env", name, PROXY_WASM[name]!).imported);
  const callbacks = CALLBACKS.map(([name, params, result]) =>
    `(func (export "proxy_on_${name}") (param ${"i32 ".repeat(params)})
      ${result ? "(result i32)" : ""}
      (call $known (local.get 0))
      ${
      asks[name] ?? (!result ? "" : `(i32.const ${name === "done" ? 1 : 0})`)
    })`
  );
  return assemble(`(module
    ${imports.join("\n")}
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (func $say (param $letter i32) (param $id i32)
      (i32.store8 (i32.const 0) (local.get $letter))
      (i32.store8 (i32.const 1) (i32.add (i32.const 48) (local.get $id)))
      (drop (call $proxy_log (i32.const 2) (i32.const 0) (i32.const 2))))
    (func $local (drop (call $proxy_send_local_response (i32.const 403)
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 0) (i32.const 0) (i32.const -1))))
    (func $known (param $id i32)
      (if (i32.ne (i32.load8_u offset=1024 (local.get $id)) (i32.const 1))
        (then unreachable)))
    (func (export "proxy_on_context_create") (param $id i32) (param i32)
      (if (i32.load8_u offset=1024 (local.get $id)) (then unreachable))
      (i32.store8 offset=1024 (local.get $id) (i32.const 1))
      (call $say (i32.const 43) (local.get $id)))
    (func (export "proxy_on_delete") (param $id i32)
      (call $known (local.get $id))
      (i32.store8 offset=1024 (local.get $id) (i32.const 2))
      (call $say (i32.const 45) (local.get $id)))
    ${callbacks.join("\n")})`);
}

const LOCAL = "(call $local) (i32.const 0)";
const CLOSE = "(drop (call $proxy_close_stream (i32.const 0))) (i32.const 0)";

/** What the second of three does, and what the client hears: a status, or that it is cut off. */
const ENDS: [
  what: string,
  asks: Record<string, string>,
  status: number | "cut",
][] = [
  ["is let through", {}, 200],
  ["is answered in its headers", { request_headers: LOCAL }, 403],
  ["is answered in its body", { request_body: LOCAL }, 403],
  ["is answered in the answer", { response_headers: LOCAL }, 403],
  ["is closed", { request_headers: CLOSE }, "cut"],
  ["is closed in the answer", { response_headers: CLOSE }, "cut"],
  ["is answered by nobody", { request_headers: "(i32.const 1)" }, 504],
];

/** Runs `test`, which makes two exchanges, with a chain of three of which the second does as `asks` says. */
async function chained(
  asks: Record<string, string>,
  test: (demo: Demo) => Promise<void>,
): Promise<void> {
  const service = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("served"),
  );
  let log = "";
  try {
    await withDemo({
      modules: { "one.wasm": await strict(), "two.wasm": await strict(asks) },
      functions: {
        a: { path: "one.wasm", instances: 1 },
        b: { path: "two.wasm", instances: 1 },
        c: { path: "one.wasm", instances: 1 },
      },
      chain: {
        functions: ["a", "b", "c"],
        upstream: `http://127.0.0.1:${service.addr.port}`,
      },
      settings: { "request-timeout": "300ms" },
    }, async (demo) => {
      await test(demo);
      await demo.host.stop();
      log = demo.log();
    });
  } finally {
    await service.shutdown();
  }
  assert.doesNotMatch(log, /failed/);
  for (const fn of ["a", "b", "c"]) {
    const said = [...log.matchAll(new RegExp(`msg=(\\S+) function=${fn}`, "g"))]
      .map(([, text]) => text!)
      .filter((text) => /^[+-]\d$/.test(text));
    const created = said.filter((text) => text[0] === "+");
    const deleted = said.filter((text) => text[0] === "-");
    assert.equal(created[0], "+1", "the root comes first");
    assert.equal(said.at(-1), "-1", "and goes last");
    assert.equal(created.length, 3, fn);
    assert.deepEqual(
      deleted.map((text) => text[1]).sort(),
      created.map((text) => text[1]),
    );
  }
}

for (const [what, asks, status] of ENDS) {
  Deno.test(`a request that ${what} has one context in each function of its chain, created first and deleted last (trap 24)`, () =>
    chained(asks, async ({ ask }) => {
      const post = { method: "POST", body: "body" };
      for (let i = 0; i < 2; i++) {
        const heard = await ask("/", post).then(
          ([status]) => status,
          () => "cut",
        );
        assert.equal(heard, status);
      }
    }));
}

Deno.test("so has one whose client goes away (trap 24)", () =>
  chained({ request_headers: "(i32.const 1)" }, async ({ host, log }) => {
    const { httpPort } = host.summary;
    for (const id of [2, 3]) {
      const leaving = new AbortController();
      const answer = fetch(`http://127.0.0.1:${httpPort}/`, leaving);
      while (!log().includes(`msg=+${id} function=b`)) {
        assert.doesNotMatch(log(), /failed/);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      leaving.abort();
      await assert.rejects(answer);
    }
  }));
