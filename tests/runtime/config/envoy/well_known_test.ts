/** Bytes here are those that Envoy 1.40 handed to a plugin. */
import assert from "node:assert/strict";
import {
  any,
  AT,
  http,
  plugin,
  problemsOf,
  read,
  ROUTER,
  wasm,
} from "./files.ts";

function file(configuration: unknown) {
  return http({ http_filters: [wasm(plugin({ configuration })), ROUTER] });
}

/** What a plugin with that configuration is configured with, as text of one byte a character. */
async function bytes(configuration: unknown): Promise<string> {
  const { listeners } = await read(file(configuration));
  assert(listeners[0]?.kind === "http");
  const found = listeners[0].filters[0]?.plugin.configuration;
  assert(found !== undefined);
  return String.fromCharCode(...found);
}

const of = (type: string, value?: unknown) =>
  any(`google.protobuf.${type}`, value === undefined ? {} : { value });

Deno.test("texts and bytes are handed over as they are, other messages in protobuf's form", async () => {
  const cases: [unknown, string][] = [
    [of("StringValue", "hello"), "hello"],
    [of("StringValue"), ""],
    [of("BytesValue", "aGkA_-8="), "hi\0\xff\xef"],
    [of("Int32Value", 300), "\x08\xac\x02"],
    [of("Int64Value", -1), "\x08" + "\xff".repeat(9) + "\x01"],
    [
      of("UInt64Value", "18446744073709551615"),
      "\x08" + "\xff".repeat(9) + "\x01",
    ],
    [of("BoolValue", true), "\x08\x01"],
    [of("BoolValue", false), ""],
    [of("DoubleValue", 1.5), "\x09\0\0\0\0\0\0\xf8\x3f"],
    [of("FloatValue", 0.1), "\r\xcd\xcc\xcc="],
    [of("Value", { a: "x" }), "*\n\n\x08\n\x01a\x12\x03\x1a\x01x"],
    [of("ListValue", [1, "a"]), "\n\x09\x11\0\0\0\0\0\0\xf0?\n\x03\x1a\x01a"],
    [of("Duration", "1.5s"), "\x08\x01\x10\x80\xca\xb5\xee\x01"],
    [
      of("Timestamp", "2020-01-01T00:00:00.5Z"),
      "\x08\x80\xc2\xaf\xf0\x05\x10\x80\xca\xb5\xee\x01",
    ],
    [
      of("Timestamp", "2020-01-01T01:00:00.500+01:00"),
      "\x08\x80\xc2\xaf\xf0\x05\x10\x80\xca\xb5\xee\x01",
    ],
    [of("Empty"), ""],
    [of("Struct"), ""],
    [
      of("Struct", { q: "", e: {}, f: [], n: null, t: true }),
      "\n\x07\n\x01q\x12\x02\x1a\0\n\x07\n\x01e\x12\x02*\0\n\x07\n\x01f\x12\x022\0" +
      "\n\x07\n\x01n\x12\x02\x08\0\n\x07\n\x01t\x12\x02\x20\x01",
    ],
    [
      any("xds.type.v3.TypedStruct", { type_url: "foo", value: { a: "b" } }),
      "\n\x03foo\x12\n\n\x08\n\x01a\x12\x03\x1a\x01b",
    ],
    [{}, ""],
    [null, ""],
  ];
  for (const [configuration, expected] of cases) {
    assert.equal(
      await bytes(configuration),
      expected,
      JSON.stringify(configuration),
    );
  }
});

Deno.test("values that are not of their type are refused", async () => {
  const AT_IT = `${AT}.http_filters[0].typed_config.config.configuration`;
  const cases: [unknown, string][] = [
    [{ value: "a" }, '["@type"]: found nothing, expected the URL of a type'],
    [{ "@type": "foo" }, '["@type"]: found "foo", expected the URL of a type'],
    ["a", ': found "a", expected an object with an "@type"'],
    [of("StringValue", 1), ".value: found 1, expected a text in quotes"],
    [
      of("StringValue", {}),
      ".value: found an object, expected a text in quotes",
    ],
    [of("BytesValue", "a*"), '.value: found "a*", expected base64'],
    [
      of("Int32Value", 2 ** 31),
      ".value: found 2147483648, expected a whole number",
    ],
    [of("UInt32Value", -1), ".value: found -1, expected a whole number"],
    [of("UInt64Value", 1.5), ".value: found 1.5, expected a whole number"],
    [of("DoubleValue", "x"), '.value: found "x", expected a number'],
    [of("BoolValue", 1), ".value: found 1, expected true or false"],
    [of("Struct", 1), ".value: found 1, expected an object"],
    [of("ListValue", 1), ".value: found 1, expected a list"],
    [of("Duration", "1"), '.value: found "1", expected a duration'],
    [of("Timestamp", "today"), '.value: found "today", expected a time'],
    [of("Empty", {}), '.value: found "value", which is not served here'],
    [
      any("google.protobuf.Struct", { a: 1 }),
      '.a: found "a", which is not served here',
    ],
    [
      any("envoy.config.core.v3.Node", { id: "a" }),
      ': found type "envoy.config.core.v3.Node", expected one of "google.protobuf.StringValue"',
    ],
  ];
  for (const [configuration, expected] of cases) {
    const problems = await problemsOf(file(configuration));
    assert.equal(problems.length, 1, problems.join("\n"));
    assert(
      problems[0]?.startsWith(AT_IT + expected),
      `${problems[0]}\nexpected ${expected}`,
    );
  }
});
