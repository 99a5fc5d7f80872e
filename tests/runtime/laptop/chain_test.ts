import assert from "node:assert/strict";
import { assemble } from "../../e2e/harness/guests.ts";
import { withDemo } from "./harness.ts";

/** Appends its letter to the field `x-way` of either direction; answers 403 itself where `stops`. */
function marks(letter: string, stops = false): Promise<Uint8Array> {
  const stop = `(drop (call $local (i32.const 403) (i32.const 0) (i32.const 0)
    (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const -1)))`;
  return assemble(`(module
    (import "env" "proxy_add_header_map_value"
      (func $add (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_send_local_response"
      (func $local (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "x-way${letter}")
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param i32) (result i32) (i32.const 4096))
    (func $mark (param i32)
      (drop (call $add (local.get 0) (i32.const 8) (i32.const 5)
        (i32.const 13) (i32.const 1))))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (call $mark (i32.const 0)) ${stops ? stop : ""} (i32.const 0))
    (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
      (call $mark (i32.const 2)) (i32.const 0)))`);
}

async function withChain(
  stops: boolean,
  test: (ask: () => Promise<Response>, saw: (string | null)[]) => Promise<void>,
): Promise<void> {
  const saw: (string | null)[] = [];
  const service = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (request) => {
      saw.push(request.headers.get("x-way"));
      return new Response("served");
    },
  );
  const modules = {
    "a.wasm": await marks("a"),
    "b.wasm": await marks("b", stops),
    "c.wasm": await marks("c"),
  };
  try {
    await withDemo({
      modules,
      functions: { a: "a.wasm", b: "b.wasm", c: "c.wasm" },
      chain: {
        functions: ["a", "b", "c"],
        upstream: `http://127.0.0.1:${service.addr.port}`,
      },
    }, async ({ host }) => {
      const url = `http://127.0.0.1:${host.summary.httpPort}/`;
      await test(() => fetch(url), saw);
    });
  } finally {
    await service.shutdown();
  }
}

Deno.test("a chain stands around one service: requests in order, responses in reverse", () =>
  withChain(false, async (ask, saw) => {
    const response = await ask();
    assert.equal(await response.text(), "served");
    assert.deepEqual(saw, ["a, b, c"]);
    assert.equal(response.headers.get("x-way"), "c, b, a");
  }));

Deno.test("a function of a chain that answers itself is seen by those before it alone", () =>
  withChain(true, async (ask, saw) => {
    const response = await ask();
    assert.equal(response.status, 403);
    await response.body?.cancel();
    assert.deepEqual(saw, []);
    assert.equal(response.headers.get("x-way"), "b, a");
  }));

Deno.test("of a function of a chain that fails the others learn why in their log, and it hears nothing more (trap 29)", async () => {
  const says = (text: string, extra: string) =>
    assemble(`(module
      (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
      (import "env" "proxy_get_property"
        (func $property (param i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 8) "${text}")
      (data (i32.const 32) "response\\00code_details")
      (func (export "proxy_abi_version_0_2_1"))
      (func (export "malloc") (param i32) (result i32) (i32.const 4096))
      (func $say (param i32 i32)
        (drop (call $log (i32.const 2) (local.get 0) (local.get 1))))
      ${extra})`);
  const listens = await says(
    "",
    `(func (export "proxy_on_log") (param i32)
      (drop (call $property (i32.const 32) (i32.const 21)
        (i32.const 64) (i32.const 68)))
      (call $say (i32.load (i32.const 64)) (i32.load (i32.const 68))))`,
  );
  const fails = await says(
    "late",
    `(func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      unreachable)
    (func (export "proxy_on_log") (param i32)
      (call $say (i32.const 8) (i32.const 4)))
    (func (export "proxy_on_done") (param i32) (result i32)
      (call $say (i32.const 8) (i32.const 4)) (i32.const 1))
    (func (export "proxy_on_delete") (param i32)
      (call $say (i32.const 8) (i32.const 4)))`,
  );
  await withDemo({
    modules: { "listens.wasm": listens, "fails.wasm": fails },
    functions: { listens: "listens.wasm", fails: "fails.wasm" },
    chain: { functions: ["listens", "fails"], upstream: "http://127.0.0.1:1" },
  }, async ({ ask, log, logged }) => {
    assert.equal((await ask("/"))[0], 500);
    await logged(/msg=wasm_fail_stream .*function=listens/);
    assert.doesNotMatch(log(), /msg=late/);
  });
});

Deno.test("a chain names all functions of the file, and a service", async () => {
  const wrong: [chain: unknown, problem: RegExp][] = [
    [
      { functions: ["f1"], upstream: "http://h:1" },
      /chain\.functions: found .*expected the names of all functions of the file, each once: f1, f2/,
    ],
    [{ functions: ["f1", "f1"], upstream: "http://h:1" }, /chain\.functions/],
    [
      { functions: ["f1", "f2"], upstream: "nobody" },
      /chain\.upstream: found "nobody", expected http:\/\/host:port/,
    ],
    [{ functions: ["f1", "f2"] }, /chain\.upstream: found nothing/],
    [
      { functions: ["f2", "f1"], upstream: "http://h:1", x: 1 },
      /chain\.x: found unknown key/,
    ],
  ];
  for (const [chain, problem] of wrong) {
    await assert.rejects(
      withDemo({ chain }, () => Promise.resolve()),
      problem,
    );
  }
});
