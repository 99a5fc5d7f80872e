import assert from "node:assert/strict";
import { readRegex, RegexError } from "../../../runtime/ingress/regex.ts";

/** Patterns that JavaScript reads alike. */
const PATTERNS = [
  "",
  "a",
  "abc",
  "a|b",
  "a|b|",
  "(a|bc)*d",
  "a*",
  "a+b?",
  "(?:ab){2,3}",
  "a{2}",
  "a{2,}",
  "a*?b",
  "[abc]+",
  "[^abc]",
  "[a-c-]x",
  "[]a]".replace("]a", "\\]a"),
  "\\d+\\.\\w*",
  "[\\d\\s]x",
  "\\D\\S\\W",
  ".*",
  "^a$",
  "(^a|b$)",
  "(a*)*",
  "(a|a)*b",
  "((a?){3}b)*",
  "\\x41\\/",
  "a{,2}",
  "é.",
];

const TEXTS = [
  "",
  "a",
  "b",
  "c",
  "ab",
  "abc",
  "aab",
  "abab",
  "ababab",
  "bcd",
  "aaaa",
  "ax",
  "-x",
  "12.x_",
  "1x",
  " x",
  "a\nb",
  "A/",
  "x !",
  "a{,2}",
  "éx",
  "]",
];

Deno.test("patterns match what JavaScript's match", () => {
  for (const pattern of PATTERNS) {
    const ours = readRegex(pattern);
    for (const text of TEXTS) {
      const whole = new RegExp(`^(?:${pattern})$`).test(text);
      assert.equal(ours.matches(text), whole, `${pattern} on ${text}`);
      const some = new RegExp(pattern).test(text);
      assert.equal(ours.finds(text), some, `${pattern} in ${text}`);
    }
  }
});

Deno.test("RE2's own syntax is read", () => {
  const cases: [string, string, boolean][] = [
    ["(?i)abc", "aBC", true],
    ["a(?i)b", "AB", false],
    ["a(?i:b)c", "aBc", true],
    ["a(?i:b)c", "aBC", false],
    ["(?i)[a-c]x", "BX", true],
    ["(?s).", "\n", true],
    ["(?P<n>a)(?<m>b)", "ab", true],
    ["[[:alpha:]]+", "abZ", true],
    ["[[:^digit:]]", "1", false],
    ["\\Qa.b\\E+", "a.bb", true],
    ["\\Aab\\z", "ab", true],
    ["\\x{1F600}", "😀", true],
    ["[^a]", "😀", true],
  ];
  for (const [pattern, text, expected] of cases) {
    assert.equal(readRegex(pattern).matches(text), expected, pattern);
  }
});

Deno.test("what is no pattern, or would be too large, is refused", () => {
  const wrong = [
    "(",
    ")",
    "a)",
    "[",
    "[a",
    "*",
    "a**",
    "(?=a)",
    "(?<!a)",
    "\\1",
    "\\b",
    "\\pL",
    "\\",
    "[b-a]",
    "a{1001}",
    "a{3,2}",
    "[[:foo:]]",
    "\\x{110000}",
    "((a{1000}){1000}){1000}",
    "(".repeat(1000) + ")".repeat(1000),
    "a".repeat(5000),
  ];
  for (const pattern of wrong) {
    assert.throws(() => readRegex(pattern), RegexError, pattern.slice(0, 40));
  }
});

Deno.test("no text makes a pattern run for ever", () => {
  for (
    const pattern of ["(a+)+b", "(a|a)*b", "(.*)(.*)(.*)(.*)x", "(a?){30}a{30}"]
  ) {
    assert.equal(readRegex(pattern).matches("a".repeat(20_000)), false);
  }
});
