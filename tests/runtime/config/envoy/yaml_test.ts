import assert from "node:assert/strict";
import {
  MAX_YAML,
  parseYaml,
  YamlSyntaxError,
} from "../../../../runtime/config/envoy/yaml.ts";

Deno.test("scalars are what Envoy takes them for", () => {
  const text = `
    words: [yes, No, ON, off, y, N, TRUE, nO]
    nothing: [~, null, ]
    empty:
    numbers: [12, -3, +4, 0x1F, 010, 0, -0, 9007199254740993]
    texts: ["12", 'yes', 1.5, 1e3, 2001-01-01, 08, ! 12, !!str 12, .inf]
    block: |
      12
    folded: >-
      a
      b
  `;
  assert.deepEqual(parseYaml(text), {
    words: [true, false, true, false, true, false, true, "nO"],
    nothing: [null, null],
    empty: null,
    numbers: [12, -3, 4, 31, 8, 0, 0, "9007199254740993"],
    texts: ["12", "yes", "1.5", "1e3", "2001-01-01", "08", "12", "12", ".inf"],
    block: "12\n",
    folded: "a b",
  });
});

Deno.test("anchors and aliases stand for their values", () => {
  assert.deepEqual(parseYaml("a: &x {b: &y [1]}\nc: *x\nd: *y\n"), {
    a: { b: [1] },
    c: { b: [1] },
    d: [1],
  });
  assert.deepEqual(parseYaml("<<: {a: 1}"), { "<<": { a: 1 } });
});

Deno.test("a key __proto__ is a plain property", () => {
  const value = parseYaml("__proto__: {a: 1}") as object;
  assert.deepEqual(Object.keys(value), ["__proto__"]);
  assert.equal(Object.getPrototypeOf(value), Object.prototype);
});

Deno.test("mistakes have a place", () => {
  const cases: [string, string][] = [
    ["a: 1\na: 2", '2:1: key "a" is given twice'],
    ["a: *b", "1:4: found alias *b of nothing before it"],
    ["a: &a [*a]", "1:8: found alias *a of nothing before it"],
    ["a: 1\n---\nb: 2", "2:1: found a second document, expected one"],
    ["a: !foo 1", "1:4: Unresolved tag: !foo"],
    ["? [a]\n: b", "1:3: found a key that is no text"],
    ["\ta: 1", "1:1: Tabs are not allowed as indentation"],
  ];
  for (const [text, expected] of cases) {
    assert.throws(() => parseYaml(text), (error: Error) => {
      assert(error instanceof YamlSyntaxError);
      const { line, column, message } = error;
      const found = `${line}:${column}: ${message}`;
      assert(found.startsWith(expected), `${found}, expected ${expected}`);
      return true;
    });
  }
});

Deno.test("aliases of aliases do not multiply without a bound", () => {
  const letters = [..."abcdefghij"];
  const bomb = letters.map((letter, i) => {
    const item = i === 0 ? "x" : `*${letters[i - 1]}`;
    return `${letter}: &${letter} [${Array(10).fill(item).join(", ")}]`;
  }).join("\n");
  assert.throws(() => parseYaml(bomb), /found more than 200000 values/);
});

Deno.test("texts made to exhaust a parser are refused", () => {
  const texts = [
    "[".repeat(100_000),
    "{".repeat(100_000),
    "- ".repeat(100_000),
    "? ".repeat(100_000),
    "&a ".repeat(100_000),
    "a: ".repeat(100_000),
    ": ".repeat(100_000),
    "[a, ".repeat(100) + "b" + "]".repeat(100),
    "\n".repeat(MAX_YAML / 2),
    "x".repeat(MAX_YAML + 1),
    Array.from({ length: 1000 }, (_, i) => " ".repeat(i) + "a:").join("\n"),
    Array.from({ length: 100 }, (_, i) => " ".repeat(i) + "a:").join("\n"),
  ];
  for (const text of texts) {
    assert.throws(() => parseYaml(text), YamlSyntaxError, text.slice(0, 20));
  }
});
