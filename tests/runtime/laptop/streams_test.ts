import assert from "node:assert/strict";
import { assemble } from "../../e2e/harness/guests.ts";
import { type Demo, withDemo } from "./harness.ts";

/** What the plugins below share: `$say` logs a letter, `$add` appends it to the answer. */
const PRELUDE = `
  (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
  (import "env" "proxy_set_buffer_bytes"
    (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_get_buffer_bytes"
    (func $get (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_add_header_map_value"
    (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_send_local_response"
    (func $local (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
  (memory (export "memory") 4)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 65536))
  (data (i32.const 16) "x-seen")
  (func $say (param i32)
    (i32.store8 (i32.const 0) (local.get 0))
    (drop (call $log (i32.const 2) (i32.const 0) (i32.const 1))))
  (func $add (param i32)
    (i32.store8 (i32.const 0) (local.get 0))
    (drop (call $set (i32.const 1) (i32.const 0x7fffffff) (i32.const 0)
      (i32.const 0) (i32.const 1))))`;

function plugin(text: string): Promise<Uint8Array> {
  return assemble(`(module ${PRELUDE} ${text})`);
}

async function withPlugin(
  text: string,
  test: (demo: Demo) => Promise<void>,
  settings: Record<string, unknown> = {},
): Promise<void> {
  const modules = { "p.wasm": await plugin(text) };
  const functions = { p: { path: "p.wasm", ...settings } };
  await withDemo({ modules, functions }, test);
}

Deno.test("a body reaches the function in parts as they come, and the answer goes through its callbacks", () =>
  withPlugin(
    `(func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
      (call $say (i32.add (i32.const 48) (local.get 1)))
      (call $add (i32.add (i32.const 48) (local.get 1)))
      (i32.const 0))
    (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
      (drop (call $header (i32.const 2) (i32.const 16) (i32.const 6)
        (i32.const 16) (i32.const 1)))
      (i32.const 0))
    (func (export "proxy_on_response_body") (param i32 i32 i32) (result i32)
      (call $add (i32.const 33)) (i32.const 0))`,
    async (demo) => {
      const parts = new TransformStream<Uint8Array, Uint8Array>();
      const answer = fetch(
        `http://127.0.0.1:${demo.host.summary.httpPort}/`,
        { method: "POST", body: parts.readable },
      );
      const writer = parts.writable.getWriter();
      await writer.write(new Uint8Array(3));
      await demo.logged(/msg=3/);
      await writer.write(new Uint8Array(4));
      await demo.logged(/msg=4/);
      await writer.close();
      const response = await answer;
      assert.equal(await response.text(), "340!");
      assert.equal(response.headers.get("x-seen"), "x");
    },
  ));

Deno.test("two values of one name reach the client as two (trap 14)", () =>
  withPlugin(
    `(data (i32.const 32) "set-cookiea=1b=2")
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (call $add (i32.const 97)) (i32.const 0))
    (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
      (drop (call $header (i32.const 2) (i32.const 32) (i32.const 10)
        (i32.const 42) (i32.const 3)))
      (drop (call $header (i32.const 2) (i32.const 32) (i32.const 10)
        (i32.const 45) (i32.const 3)))
      (i32.const 0))`,
    async ({ host }) => {
      const answer = await fetch(`http://127.0.0.1:${host.summary.httpPort}/`);
      assert.equal(await answer.text(), "a");
      assert.deepEqual(answer.headers.getSetCookie(), ["a=1", "b=2"]);
    },
  ));

Deno.test("a function that asks for the whole body gets it whole, and 413 where it is over the limit (trap 25)", async () => {
  const whole = `(func (export "proxy_on_request_body")
    (param i32 i32 i32) (result i32)
    (if (i32.eqz (local.get 2)) (then (return (i32.const 1))))
    (call $add (i32.add (i32.const 48) (local.get 1)))
    (i32.const 0))`;
  const body = () =>
    ReadableStream.from([new Uint8Array(4), new Uint8Array(5)]);
  const post = () => ({ method: "POST", body: body() });
  await withPlugin(whole, async ({ ask }) => {
    assert.deepEqual(await ask("/", post()), [200, "9"]);
  });
  await withPlugin(whole, async ({ ask }) => {
    const [status, text] = await ask("/", post());
    assert.equal(status, 413);
    assert.match(JSON.parse(text).error, /function p: .*limit of 8 bytes/);
  }, { "body-limit": 8 });
});

Deno.test("a pause that nothing ends is 504 in the end, and others use the instance meanwhile", () =>
  withPlugin(
    `(global $first (mut i32) (i32.const 1))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (call $add (i32.const 97))
      (if (global.get $first)
        (then (global.set $first (i32.const 0)) (return (i32.const 1))))
      (i32.const 0))`,
    async ({ ask }) => {
      const paused = ask("/");
      assert.deepEqual(await ask("/"), [200, "a"]);
      const [status, text] = await paused;
      assert.equal(status, 504);
      assert.match(JSON.parse(text).error, /no answer within 300 ms/);
    },
    { "request-timeout": 300, instances: 1 },
  ));

Deno.test("a local response goes through the response callbacks; one from them replaces what was answered (trap 20)", async () => {
  const refuse = `(data (i32.const 32) "no")
    (func $refuse
      (drop (call $local (i32.const 403) (i32.const 0) (i32.const 0)
        (i32.const 32) (i32.const 2) (i32.const 0) (i32.const 0)
        (i32.const -1))))`;
  const onHeaders = (side: string, body: string) =>
    `(func (export "proxy_on_${side}_headers")
      (param i32 i32 i32) (result i32) ${body} (i32.const 0))`;
  const say = "(call $say (i32.const 72))";
  await withPlugin(
    refuse + onHeaders("request", "(call $refuse)") +
      onHeaders("response", say),
    async ({ ask, logged }) => {
      assert.deepEqual(await ask("/"), [403, "no"]);
      assert.equal((await logged(/msg=H/)).match(/msg=H/g)?.length, 1);
    },
  );
  await withPlugin(
    refuse + onHeaders("response", `${say} (call $refuse)`),
    async ({ ask, logged }) => {
      assert.deepEqual(await ask("/"), [403, "no"]);
      assert.equal((await logged(/msg=H/)).match(/msg=H/g)?.length, 1);
    },
  );
});

Deno.test("a function that closes the stream while its own answer goes through it cuts its client off at once (trap 20)", async () => {
  const local = `(drop (call $local (i32.const 403) (i32.const 0)
    (i32.const 0) (i32.const 16) (i32.const 6) (i32.const 0) (i32.const 0)
    (i32.const -1)))`;
  const close = "(drop (call $close (i32.const 1)))";
  for (const answer of [local, "(call $add (i32.const 97))"]) {
    for (const part of ["headers", "body"]) {
      await withPlugin(
        `(func (export "proxy_on_request_headers")
          (param i32 i32 i32) (result i32) ${answer} (i32.const 0))
        (func (export "proxy_on_response_${part}")
          (param i32 i32 i32) (result i32) ${close} (i32.const 0))`,
        async ({ ask }) => {
          await assert.rejects(ask("/"), TypeError);
        },
        { "request-timeout": "2s" },
      );
    }
  }
});

Deno.test("a trap fails the exchanges of that instance only, and the next request finds another (trap 29)", () =>
  withPlugin(
    `(global $requests (mut i32) (i32.const 0))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (global.set $requests (i32.add (global.get $requests) (i32.const 1)))
      (call $say (i32.add (i32.const 48) (global.get $requests)))
      (if (i32.eq (global.get $requests) (i32.const 2)) (then unreachable))
      (call $add (i32.const 97))
      (i32.eq (global.get $requests) (i32.const 1)))`,
    async (demo) => {
      const paused = demo.ask("/");
      await demo.logged(/msg=1/);
      const [status, text] = await demo.ask("/");
      assert.equal(status, 500);
      assert.match(JSON.parse(text).error, /proxy_on_request_headers/);
      // The one that was paused in the same instance went with it.
      assert.equal((await paused)[0], 500);
      const fresh = demo.ask("/").catch(() => {});
      await demo.logged(/msg=1[^]*msg=1/);
      assert.equal(
        (await demo.logged(/wasm stack/)).match(/wasm stack/g)!.length,
        1,
        "told once",
      );
      await demo.host.stop();
      await fresh;
    },
    { instances: 1 },
  ));
