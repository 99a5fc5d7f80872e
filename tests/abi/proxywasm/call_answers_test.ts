/** Answers to calls in a plugin that runs: when they are told, and what they can be used for (ABI.md §7.20, §7.23). */
import assert from "node:assert/strict";
import type { HttpCallResponse } from "../../../abi/host.ts";
import { encodePairs } from "../../../abi/proxywasm/pairs.ts";
import { FIELDS, guest, open } from "./opened.ts";

const HEADERS = encodePairs([
  [":method", "GET"],
  [":path", "/"],
  [":authority", "web"],
]);

const DATA = `(data (i32.const 600) "web")
  (data (i32.const 620) "${
  [...HEADERS].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`)
    .join("")
}")`;

/** Calls and says the status. */
const CALL = `(call $say (i32.add (i32.const 48) (call $proxy_http_call
  (i32.const 600) (i32.const 3) (i32.const 620) (i32.const ${HEADERS.length})
  (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
  (i32.const 592))))`;
const BE_STREAM = "(drop (call $proxy_set_effective_context (i32.const 2)))";
const SAY = "(call $say (i32.const 46))";

/** Says `r` and the context's id, then does what `answered` says. */
function heard(answered: string): string {
  return `${DATA} (func (export "proxy_on_http_call_response")
    (param i32 i32 i32 i32 i32)
    (call $say (i32.const 114))
    (call $say (i32.add (i32.const 48) (local.get 0)))
    ${answered})`;
}

/** A request that was paused for a call. `atOnce`: the call is answered before it has returned. */
async function paused(answered: string, tick = "", atOnce = false) {
  const opened = await open(
    guest({ request_headers: "1" }, heard(answered), {
      request_headers: CALL + SAY,
      tick,
    }),
  );
  let answer: (response: HttpCallResponse | undefined) => void = () => {};
  opened.host.calls = {
    knows: () => true,
    http: (_call, told) => {
      answer = told;
      if (atOnce) told(undefined);
      return { cancel() {} };
    },
    grpc: () => assert.fail("no gRPC here"),
  };
  opened.request.headers(FIELDS(), true);
  assert.deepEqual(opened.all.splice(0, 4), ["h", "!", "0", "."]);
  return { ...opened, answer: () => answer(undefined) };
}

Deno.test("an answer that is there at once comes after the callback that called, and on the root (trap 23)", async () => {
  const { all } = await paused("", "", true);
  assert.deepEqual(all, ["r", "1"]);
});

Deno.test("an answer is told once, and not at all once its instance has failed (trap 23)", async () => {
  const twice = await paused("");
  twice.answer();
  twice.answer();
  assert.deepEqual(twice.all, ["r", "1"]);
  const failed = await paused("", "unreachable");
  failed.go();
  failed.answer();
  assert.deepEqual(failed.all, ["failed proxy_on_tick"]);
});

Deno.test("an answer still comes when the exchange that called is over, whose id is then unknown (trap 22) (trap 23)", async () => {
  const gone = await paused(
    `(call $say (i32.add (i32.const 48)
      (call $proxy_set_effective_context (i32.const 2))))
    (call $local (i32.const 403))`,
  );
  gone.stream.log();
  gone.stream.end();
  gone.answer();
  assert.deepEqual(gone.all, [
    "r",
    "1",
    "2",
    "proxy_send_local_response did nothing: proxy_on_http_call_response has no HTTP exchange to answer",
  ]);
});

Deno.test("a call's answer can answer the exchange once it has made it the effective context (trap 20)", async () => {
  const local = `(call $local (i32.const 403)) ${SAY}`;
  const stream = await paused(BE_STREAM + local);
  stream.answer();
  assert.deepEqual(stream.all, ["r", "1", ".", "respond 403"]);
  const root = await paused(local);
  root.answer();
  assert.deepEqual(root.went, []);
});
