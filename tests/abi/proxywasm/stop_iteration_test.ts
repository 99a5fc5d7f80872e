/** What a pause in the headers stops (ABI.md §8.1, stop_iteration_test.cc). */
import assert from "node:assert/strict";
import {
  envoyFields,
  HeaderMap,
  PluginInstance,
  type StreamSink,
} from "../../../abi/mod.ts";
import {
  bytes,
  moduleOf,
  options,
  RecordingHost,
  request,
  text,
} from "../guests.ts";

/** Stops the headers of both directions with 1, logs each body callback's size, and answers those with `body`. */
function guest(body: string): WebAssembly.Module {
  const callbacks = (side: string, letter: number) =>
    `(func (export "proxy_on_${side}_headers")
      (param i32 i32 i32) (result i32) (i32.const 1))
    (func (export "proxy_on_${side}_body")
      (param i32 i32 i32) (result i32)
      (i32.store8 (i32.const 0) (i32.const ${letter}))
      (i32.store8 (i32.const 1) (i32.add (i32.const 48) (local.get 1)))
      (drop (call $log (i32.const 2) (i32.const 0) (i32.const 2)))
      ${body})`;
  return moduleOf(`(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (import "env" "proxy_continue_stream" (func $go (param i32) (result i32)))
    (import "env" "proxy_set_effective_context"
      (func $be (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "proxy_on_tick") (param i32)
      (drop (call $be (i32.const 2)))
      (drop (call $go (i32.const 0)))
      (drop (call $go (i32.const 1))))
    ${callbacks("request", "b".charCodeAt(0))}
    ${callbacks("response", "B".charCodeAt(0))})`);
}

/** Both directions of an exchange, fed; what the plugin saw and what went on. */
async function fed(headersAlone: boolean | undefined, body: string) {
  const host = new RecordingHost();
  const plugin = await PluginInstance.create(
    guest(body),
    host,
    options({ headersAlone }),
  );
  const went: string[] = [];
  const sink = (side: string): StreamSink => ({
    headers: (_map, end) => went.push(`${side} headers${end ? " end" : ""}`),
    data: (data, end) => went.push(`${side} ${text(data)}${end ? " end" : ""}`),
    trailers: () => went.push(`${side} trailers`),
  });
  const stream = plugin.openHttp(request(), {
    onward: sink(">"),
    back: sink("<"),
    respond: () => assert.fail(),
    close: () => assert.fail(),
    overflow: () => assert.fail(),
    pressure: () => {},
    failed: () => "stop",
  }, { limit: 100, answers: false });
  const answer = new HeaderMap();
  answer.add(":status", "200");
  stream.request.headers(envoyFields(request()), false);
  stream.request.data(bytes("abc"), false);
  stream.request.data(bytes("de"), true);
  stream.response.headers(answer, false);
  stream.response.data(bytes("f"), true);
  return { plugin, host, went };
}

const CONTINUE = "(i32.const 0)";
const HOLD = "(i32.const 1)";

for (const unset of [undefined, false]) {
  Deno.test(`headers answered with 1 stop everything where headers may not be held alone (${unset})`, async () => {
    const { plugin, host, went } = await fed(unset, CONTINUE);
    assert.deepEqual([host.lines, went], [[], []]);
    plugin.tick();
    assert.deepEqual(host.lines, ["2 b5", "2 B1"]);
    assert.deepEqual(went, [
      ...["> headers", "> abcde end"],
      ...["< headers", "< f end"],
    ]);
  });
}

Deno.test("headers held alone go on with the first of their body that goes on", async () => {
  const { host, went } = await fed(true, CONTINUE);
  assert.deepEqual(host.lines, ["2 b3", "2 b2", "2 B1"]);
  assert.deepEqual(went, [
    ...["> headers", "> abc", "> de end"],
    ...["< headers", "< f end"],
  ]);
});

Deno.test("headers held alone wait with a body that is held too", async () => {
  const { plugin, host, went } = await fed(true, HOLD);
  assert.deepEqual(host.lines, ["2 b3", "2 b5", "2 B1"]);
  assert.deepEqual(went, []);
  plugin.tick();
  assert.deepEqual(host.lines.slice(3), [], "none of it is shown again");
  assert.deepEqual(went, [
    ...["> headers", "> abcde end"],
    ...["< headers", "< f end"],
  ]);
});

Deno.test("of headers held alone whose body is dropped the end goes on after them", async () => {
  const { went } = await fed(
    true,
    "(select (i32.const 0) (i32.const 3) (local.get 2))",
  );
  assert.deepEqual(went.slice(0, 2), ["> headers", "> de end"]);
});
