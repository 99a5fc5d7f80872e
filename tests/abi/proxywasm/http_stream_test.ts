import assert from "node:assert/strict";
import { HeaderMap } from "../../../abi/mod.ts";
import { bytes } from "../guests.ts";
import {
  ANSWER,
  CALLBACKS,
  feed,
  FIELDS,
  guest,
  open,
  openAnother,
} from "./opened.ts";

interface Case {
  name: string;
  answers: Record<string, string>;
  saw: string;
  went: string[];
  /** After `continue`. */
  then?: { saw: string; went: string[] };
}

const PARTS = ["one", "two", "three"];
const HELD = "onetwothree";

/** For the request; for the response the same holds with the other names. As Envoy 1.40 does. */
const CASES: Case[] = [
  {
    name: "what is let pass goes on part by part",
    answers: {},
    saw: "hb3b3b5!",
    went: ["headers", "one", "two", "three end"],
  },
  ...["1", "3", "4", "5"].map((answer): Case => ({
    name:
      `headers answered with ${answer} hold everything, which then comes at once`,
    answers: { headers: answer },
    saw: "h",
    went: [],
    then: { saw: "b;!", went: ["headers", `${HELD} end`] },
  })),
  {
    name: "headers answered with 2 go on",
    answers: { headers: "2" },
    saw: "hb3b3b5!",
    went: ["headers", "one", "two", "three end"],
  },
  {
    name: "a body that is buffered is shown with all that came before",
    answers: { body: "1" },
    saw: "hb3b6b;!",
    went: ["headers"],
    then: { saw: "", went: [`${HELD} end`] },
  },
  {
    name: "a body buffered at first goes on with what it was waiting for",
    answers: { body: "10" },
    saw: "hb3b6b5!",
    went: ["headers", "onetwo", "three end"],
  },
  {
    name: "a body under a watermark is shown in parts and kept whole",
    answers: { body: "2" },
    saw: "hb3b3b5!",
    went: ["headers"],
    then: { saw: "", went: [`${HELD} end`] },
  },
  {
    name: "a part that is not kept is lost",
    answers: { body: "300" },
    saw: "hb3b3b5!",
    went: ["headers", "two", "three end"],
  },
];

for (const side of ["request", "response"] as const) {
  const arrow = side === "request" ? ">" : "<";
  for (const { name, answers, saw, went, then } of CASES) {
    Deno.test(`${side}: ${name}`, async () => {
      const named = Object.fromEntries(
        Object.entries(answers).map((
          [key, value],
        ) => [`${side}_${key}`, value]),
      );
      const opened = await open(guest(named));
      const letters = (text: string) =>
        side === "request"
          ? text
          : text.replace(/[hbt]/g, (letter) => letter.toUpperCase());
      const arrows = (events: string[]) =>
        events.map((event) => `${arrow} ${event}`);
      feed(opened[side], side === "request" ? FIELDS() : ANSWER(), PARTS);
      assert.equal(opened.saw(), letters(saw));
      assert.deepEqual(opened.went.splice(0), arrows(went));
      opened.go();
      assert.equal(opened.saw(), letters(then?.saw ?? ""));
      assert.deepEqual(opened.went, arrows(then?.went ?? []));
    });
  }
}

Deno.test("trailers that are held wait with the body for a continue", async () => {
  const opened = await open(guest({ request_trailers: "1" }));
  opened.request.headers(FIELDS(), false);
  opened.request.data(bytes("one"), false);
  opened.request.trailers(new HeaderMap());
  assert.equal(opened.saw(), "hb3t");
  assert.deepEqual(opened.went.splice(0), ["> headers", "> one"]);
  opened.go();
  assert.deepEqual(opened.went, ["> trailers"]);
});

Deno.test("trailers let through take a buffered body with them", async () => {
  const opened = await open(guest({ request_body: "1" }));
  opened.request.headers(FIELDS(), false);
  opened.request.data(bytes("one"), false);
  opened.request.trailers(new HeaderMap());
  assert.equal(opened.saw(), "hb3t");
  assert.deepEqual(opened.went, ["> headers", "> one", "> trailers"]);
});

Deno.test("trailers that came while all was stopped are shown after the body, which then has no end", async () => {
  const opened = await open(guest({ request_headers: "1" }));
  opened.request.headers(FIELDS(), false);
  opened.request.data(bytes("onetwo"), false);
  opened.request.trailers(new HeaderMap());
  opened.go();
  assert.equal(opened.saw(), "hb6t");
  assert.deepEqual(opened.went, ["> headers", "> onetwo", "> trailers"]);
});

Deno.test("a continue of what is not stopped does nothing (trap 21)", async () => {
  const opened = await open(guest({}));
  opened.request.headers(FIELDS(), true);
  opened.go();
  opened.go();
  assert.deepEqual(opened.went, ["> headers end"]);
});

Deno.test("a source waits once the limit is held, and goes on when it is not", async () => {
  const opened = await open(guest({ request_headers: "4" }), 6);
  opened.request.headers(FIELDS(), false);
  opened.request.data(bytes("12345"), false);
  assert.deepEqual(opened.went, []);
  opened.request.data(bytes("6"), false);
  assert.deepEqual(opened.went.splice(0), ["request waits"]);
  opened.go();
  assert.deepEqual(opened.went, ["> headers", "> 123456", "request goes on"]);
});

for (const side of ["request", "response"] as const) {
  Deno.test(`${side}: what is wanted whole and is over the limit is an overflow, and the plugin is not shown the excess (trap 25)`, async () => {
    for (const [part, saw] of [["headers", "h"], ["body", "hb4"]] as const) {
      const answer = part === "headers" ? "3" : "1";
      const opened = await open(guest({ [`${side}_${part}`]: answer }), 6);
      const into = opened[side];
      into.headers(side === "request" ? FIELDS() : ANSWER(), false);
      into.data(bytes("1234"), false);
      into.data(bytes("567"), false);
      assert.equal(opened.saw().toLowerCase(), saw);
      assert.equal(opened.went.at(-1), `${side} overflow`);
      opened.went.length = 0;
      into.data(bytes("8"), true);
      opened.go();
      assert.deepEqual(opened.went, [], "nothing comes after it");
      assert.equal(opened.saw(), "");
    }
  });

  Deno.test(`${side}: what is held for another reason is never too much, its source only waits (trap 25)`, async () => {
    for (
      const [part, answer] of [
        ["headers", "1"],
        ["headers", "4"],
        ["body", "2"],
      ] as const
    ) {
      const opened = await open(guest({ [`${side}_${part}`]: answer }), 6);
      const into = opened[side];
      into.headers(side === "request" ? FIELDS() : ANSWER(), false);
      for (const text of ["1234", "567", "89"]) into.data(bytes(text), false);
      assert.deepEqual(
        opened.went.filter((event) => event.startsWith(side)),
        [`${side} waits`],
      );
      opened.go();
      assert.deepEqual(opened.went.slice(-2), [
        `${side === "request" ? ">" : "<"} 123456789`,
        `${side} goes on`,
      ]);
    }
  });
}

Deno.test("a stream that another callback closes tells its owner, and nothing more goes through", async () => {
  for (const type of [0, 1]) {
    const opened = await open(guest({ request_headers: "1" }));
    opened.request.headers(FIELDS(), true);
    opened.plugin.queueReady(type);
    opened.go();
    assert.deepEqual(opened.went, ["close"]);
  }
});

Deno.test("two exchanges of one instance pause and go on by themselves (trap 28)", async () => {
  const opened = await open(guest({ request_headers: "10" }));
  opened.request.headers(FIELDS(), false);
  const went: string[] = [];
  const note = (event: string) => (..._: unknown[]) => {
    went.push(event);
  };
  const sink = { headers: note("headers"), data: note("data"), trailers() {} };
  const second = openAnother(opened.plugin, sink);
  second.request.headers(FIELDS(), false);
  assert.deepEqual(went, ["headers"]);
  assert.deepEqual(opened.went, []);
  opened.go();
  assert.deepEqual(opened.went, ["> headers"]);
});

Deno.test("a plugin that fails lets nothing more through, or everything where it is bypassed (trap 29)", async () => {
  const trap = `(func (export "proxy_on_log") (param i32))`;
  const failing = guest({}, trap).replace(
    "(call $say (i32.const 98))",
    "(call $say (i32.const 98)) unreachable",
  );
  for (const failOpen of [false, true]) {
    const opened = await open(failing, 100, failOpen);
    feed(opened.request, FIELDS(), ["one", "two"]);
    feed(opened.response, ANSWER(), ["answer"]);
    assert.equal(opened.saw(), "hb");
    assert.deepEqual(
      opened.went,
      failOpen
        ? [
          "> headers",
          "failed proxy_on_request_body",
          "> one",
          "> two end",
          "< headers",
          "< answer end",
        ]
        : ["> headers", "failed proxy_on_request_body"],
    );
  }
});

Deno.test("a stream that is opened on an instance that has failed by then is told so (trap 29)", async () => {
  const failing = guest({}).replace(
    "(call $say (i32.const 104))",
    "(call $say (i32.const 104)) unreachable",
  );
  for (const failOpen of [false, true]) {
    const opened = await open(failing, 100, failOpen);
    opened.request.headers(FIELDS(), true);
    opened.went.length = 0;
    const later = opened.another();
    later.create();
    feed(later.request, FIELDS(), ["one"]);
    assert.equal(opened.saw(), "h");
    assert.deepEqual(opened.went, [
      "failed proxy_on_request_headers",
      ...failOpen ? ["> headers", "> one end"] : [],
    ]);
  }
});

Deno.test("the end is 0 or 1 to every callback, of a request and of a response (trap 18)", async () => {
  const said = `(call $say (i32.add (i32.const 48) (local.get 2)))
    (i32.const 0)`;
  const callbacks = CALLBACKS.filter(([name]) => !name.endsWith("trailers"))
    .map(([name]) =>
      `(func (export "proxy_on_${name}") (param i32 i32 i32) (result i32)
        ${said})`
    );
  const wat = `(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (func $say (param i32)
      (i32.store8 (i32.const 0) (local.get 0))
      (drop (call $log (i32.const 2) (i32.const 0) (i32.const 1))))
    ${callbacks.join("\n")})`;
  const parts = await open(wat);
  feed(parts.request, FIELDS(), ["one", ""]);
  assert.equal(parts.saw(), "001", "headers, a part, the end");
  feed(parts.response, ANSWER(), ["one", "two"]);
  assert.equal(parts.saw(), "001");
  const heads = await open(wat);
  heads.request.headers(FIELDS(), true);
  heads.response.headers(ANSWER(), true);
  assert.equal(heads.saw(), "11");
});

for (
  const [version, said] of [["0_2_1", "100000"], ["0_1_0", "022022"]] as const
) {
  Deno.test(`${version}: response headers in the request's callback are not there yet, those of the request can only be read in the response's (trap 17)`, async () => {
    const three = (map: number) =>
      `(call $digit (call $get (i32.const ${map}) (i32.const 64)
        (i32.const 5) (i32.const 128) (i32.const 132)))
      (call $digit (call $add (i32.const ${map}) (i32.const 64)
        (i32.const 5) (i32.const 64) (i32.const 5)))
      (call $digit (call $remove (i32.const ${map}) (i32.const 64)
        (i32.const 5)))
      (i32.const 0)`;
    const { request, response, saw, went } = await open(`(module
      (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
      (import "env" "proxy_get_header_map_value"
        (func $get (param i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_add_header_map_value"
        (func $add (param i32 i32 i32 i32 i32) (result i32)))
      (import "env" "proxy_remove_header_map_value"
        (func $remove (param i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 64) "x-one")
      (func (export "proxy_abi_version_${version}"))
      (func (export "malloc") (param i32) (result i32) (i32.const 1024))
      (func $digit (param i32)
        (i32.store8 (i32.const 0) (i32.add (i32.const 48) (local.get 0)))
        (drop (call $log (i32.const 2) (i32.const 0) (i32.const 1))))
      (func (export "proxy_on_request_headers") (param i32 i32 i32)
        (result i32) ${three(2)})
      (func (export "proxy_on_response_headers") (param i32 i32 i32)
        (result i32) ${three(0)}))`);
    const fields = FIELDS();
    const before = [...fields.pairs];
    request.headers(fields, true);
    response.headers(ANSWER(), true);
    const statuses = saw().replace(/proxy_\w+ did nothing: .*?_headers/g, "");
    assert.equal(statuses, said);
    assert.deepEqual(fields.pairs, before);
    assert.deepEqual(went, ["> headers end", "< headers end"]);
  });
}
