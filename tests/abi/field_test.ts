import assert from "node:assert/strict";
import { isFieldValue, isToken, lowerName } from "../../abi/field.ts";
import { internedByteString } from "../../abi/interned.ts";
import { decodeByteString } from "../../abi/text.ts";
import { randomSource } from "./proxywasm/shared/random.ts";

Deno.test("every character is one of a token or a value, or none, as the specification has it", () => {
  for (let code = 0; code < 0x180; code++) {
    const character = String.fromCharCode(code);
    for (const text of [character, `a${character}`, `${character}a`]) {
      const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(text);
      assert.equal(isToken(text), token, `token ${code}`);
      const value = !/[\0\r\n]|[^\0-\xff]/.test(text);
      assert.equal(isFieldValue(text), value, `value ${code}`);
    }
  }
  assert.equal(isToken(""), false);
  assert.equal(isFieldValue(""), true);
});

Deno.test("names are put in lower case by their ASCII letters alone", () => {
  assert.equal(lowerName("X-Request-ID"), "x-request-id");
  assert.equal(lowerName("x-request-id"), "x-request-id");
  // Latin capitals with accents, which the engine would change too.
  assert.equal(lowerName("A\xc0\xde"), "a\xc0\xde");
});

Deno.test("byte strings that are kept are those that are there, however many have the same place", () => {
  const random = randomSource(3);
  const bytes = new Uint8Array(64);
  for (let step = 0; step < 50_000; step++) {
    const length = random(40);
    const at = random(24);
    // Few different bytes, so that texts come again and differ by little.
    for (let i = 0; i < length; i++) bytes[at + i] = 0xfe + random(2) - i % 2;
    assert.equal(
      internedByteString(bytes, at, length),
      decodeByteString(bytes, at, length),
    );
  }
});
