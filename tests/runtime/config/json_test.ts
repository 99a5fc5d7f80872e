import assert from "node:assert/strict";
import { JsonSyntaxError, parseJson } from "../../../runtime/config/json.ts";

Deno.test("what JSON.parse reads is read the same", () => {
  const texts = [
    "null",
    " [1, -0, 0.5, 1e3, -1.5E-2, 1e+2] ",
    '{"a":{"b":[]},"":{},"c":"\\u00e9\\n\\"\\\\\\/"}',
    '"\\ud83d\\ude00 \u2028"',
    '{"__proto__": 1, "constructor": 2}',
    "[true,false]",
    "123456789012345678901234567890",
  ];
  for (const text of texts) {
    assert.deepEqual(parseJson(text), JSON.parse(text));
  }
});

Deno.test("a key __proto__ changes no prototype", () => {
  const value = parseJson('{"__proto__": {"polluted": 1}}') as {
    polluted?: number;
  };
  assert.equal(value.polluted, undefined);
  assert(Object.hasOwn(value, "__proto__"));
});

/** Text, then Go's message, line and column. */
const MISTAKES: [string, string, number, number][] = [
  ["", "unexpected end of JSON input", 1, 1],
  [
    '{"a": 1,\n  }',
    "invalid character '}' looking for beginning of object key string",
    2,
    3,
  ],
  ['{"a" 1}', "invalid character '1' after object key", 1, 6],
  ['{"a":1 "b"}', "invalid character '\"' after object key:value pair", 1, 8],
  ["[1 2]", "invalid character '2' after array element", 1, 4],
  ["[1,]", "invalid character ']' looking for beginning of value", 1, 4],
  ["{} x", "invalid character 'x' after top-level value", 1, 4],
  ["nul", "unexpected end of JSON input", 1, 4],
  ["trxe", "invalid character 'x' in literal true (expecting 'u')", 1, 3],
  ["-x", "invalid character 'x' in numeric literal", 1, 2],
  ["1.x", "invalid character 'x' after decimal point in numeric literal", 1, 3],
  ["1ex", "invalid character 'x' in exponent of numeric literal", 1, 3],
  ["01", "invalid character '1' after top-level value", 1, 2],
  ['"a\nb"', "invalid character '\\n' in string literal", 1, 3],
  ['"\\x"', "invalid character 'x' in string escape code", 1, 3],
  [
    '"\\u12g4"',
    "invalid character 'g' in \\u hexadecimal character escape",
    1,
    6,
  ],
  ['"abc', "unexpected end of JSON input", 1, 5],
  ["// x", "invalid character '/' looking for beginning of value", 1, 1],
  [
    "{'a':1}",
    "invalid character '\\'' looking for beginning of object key string",
    1,
    2,
  ],
  ['{"ä😀": ?}', "invalid character '?' looking for beginning of value", 1, 8],
];

Deno.test("mistakes have Go's words, line and column", () => {
  for (const [text, message, line, column] of MISTAKES) {
    try {
      parseJson(text);
    } catch (error) {
      assert(error instanceof JsonSyntaxError);
      assert.deepEqual([error.message, error.line, error.column], [
        message,
        line,
        column,
      ], text);
      continue;
    }
    assert.fail(`${text} was read`);
  }
});

Deno.test("a key given twice is a mistake, or the last one wins where Go's rule is asked for", () => {
  assert.throws(() => parseJson('{"a":1,\n "a":2}'), {
    name: "JsonSyntaxError",
    message: 'key "a" is given twice',
    line: 2,
    column: 2,
  });
  assert.deepEqual(parseJson('{"a":1,"a":2}', { duplicates: "last" }), {
    a: 2,
  });
});

Deno.test("deep nesting ends with an error, not with the stack", () => {
  assert.throws(() => parseJson("[".repeat(1_000_000)), {
    message: "exceeded max depth",
  });
  const depth = 64;
  parseJson("[".repeat(depth) + "]".repeat(depth));
});
