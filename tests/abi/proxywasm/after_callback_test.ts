/** What host calls ask of an exchange is done after the callback that makes them, in their order (ABI.md §7.19, §7.20). */
import assert from "node:assert/strict";
import { HeaderMap } from "../../../abi/mod.ts";
import { bytes } from "../guests.ts";
import { ANSWER, FIELDS, guest, open, openAnother } from "./opened.ts";

const SAY = "(call $say (i32.const 46))";
const CLOSE = "(drop (call $proxy_close_stream (i32.const 0)))";
const LOCAL = "(call $local (i32.const 403))";

for (
  const [what, ask, event] of [
    ["a continue", "(call $go (i32.const 0))", "> headers end"],
    ["a close", CLOSE, "close"],
    ["a local response", LOCAL, "respond 403"],
  ] as const
) {
  Deno.test(`${what} takes effect when the callback has ended, not in it (trap 19)`, async () => {
    const here = await open(
      guest({ request_headers: "1" }, "", { request_headers: ask + SAY }),
    );
    here.request.headers(FIELDS(), true);
    assert.deepEqual(here.all, ["h", "!", ".", event]);
    // The same from another context's callback.
    const there = await open(
      guest({ request_headers: "1" }, "", { tick: ask + SAY }),
    );
    there.request.headers(FIELDS(), true);
    there.plugin.tick();
    assert.deepEqual(there.all, ["h", "!", ".", event]);
  });
}

Deno.test("what one callback asks for is done in that order, and nothing follows an answer (trap 19)", async () => {
  const [go, back] = [0, 1].map((type) => `(call $go (i32.const ${type}))`);
  for (
    const [asks, events] of [
      [[go, back], ["> headers end", "< headers end"]],
      [[back, go], ["< headers end", "> headers end"]],
      [[back, LOCAL, go], ["< headers end", "respond 403"]],
      [[LOCAL, go], ["respond 403"]],
      [[LOCAL, CLOSE], ["respond 403"]],
      [[CLOSE, go], ["close"]],
    ] as const
  ) {
    const asked = await open(guest(
      { request_headers: "1", response_headers: "1" },
      "",
      { tick: asks.join("") + SAY },
    ));
    asked.request.headers(FIELDS(), true);
    asked.response.headers(ANSWER(), true);
    asked.plugin.tick();
    assert.deepEqual(asked.all, ["h", "!", "H", "!", ".", ...events]);
  }
});

for (const [type, side] of (["request", "response"] as const).entries()) {
  Deno.test(`${side}: a continue in the callback that then pauses goes on after it, whatever it was shown (trap 21)`, async () => {
    for (const part of ["headers", "body", "trailers"]) {
      const name = `${side}_${part}`;
      const { went, [side]: into } = await open(
        guest({ [name]: "1" }, "", {
          [name]: `(call $go (i32.const ${type}))`,
        }),
      );
      into.headers(type === 0 ? FIELDS() : ANSWER(), false);
      into.data(bytes("one"), false);
      into.trailers(new HeaderMap());
      const arrow = type === 0 ? ">" : "<";
      assert.deepEqual(
        went,
        [`${arrow} headers`, `${arrow} one`, `${arrow} trailers`],
        part,
      );
    }
  });
}

Deno.test("a callback never begins in another: what an exchange is woken for comes after the one that wakes it (trap 28)", async () => {
  const opened = await open(guest(
    { request_headers: "10" },
    "",
    {
      request_headers: `(if (i32.ne (local.get 0) (i32.const 2)) (then
        (drop (call $proxy_set_effective_context (i32.const 2)))
        (call $go (i32.const 0)) ${SAY}))`,
      request_body: SAY,
    },
  ));
  opened.request.headers(FIELDS(), false);
  opened.request.data(bytes("one"), true);
  assert.deepEqual(opened.all.splice(0), ["h"]);
  const sink = { headers() {}, data() {}, trailers() {} };
  const second = openAnother(opened.plugin, sink);
  second.request.headers(FIELDS(), true);
  assert.deepEqual(
    opened.all,
    ["h", "!", ".", "> headers", "b", "3", "!", ".", "> one end"],
  );
});

Deno.test("a local response stops its direction, whatever the callback answers (trap 20)", async () => {
  for (const action of ["0", "1", "2", "3", "4", "5"]) {
    const headers = await open(
      guest({ request_headers: action }, "", { request_headers: LOCAL }),
    );
    headers.request.headers(FIELDS(), false);
    headers.request.data(bytes("one"), false);
    headers.request.trailers(new HeaderMap());
    headers.go();
    assert.deepEqual(headers.all, ["h", "respond 403"], action);
  }
  for (const action of ["0", "1", "2", "3"]) {
    const body = await open(
      guest({ request_body: action }, "", { request_body: LOCAL }),
    );
    body.request.headers(FIELDS(), false);
    body.request.data(bytes("one"), false);
    body.request.data(bytes("two"), true);
    body.go();
    assert.deepEqual(
      body.all,
      ["h", "> headers", "b", "3", "respond 403"],
      action,
    );
  }
});
