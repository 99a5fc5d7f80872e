import assert from "node:assert/strict";
import {
  keyMapper,
  MAX_KEY,
} from "../../../../runtime/components/state/keys.ts";

Deno.test("keys get the prefix that the store asks for", () => {
  const cases: [prefix: string | undefined, appId: string, key: string][] = [
    [undefined, "shop", "k"],
    ["", "shop", "k"],
    ["none", "shop", "k"],
    ["NONE", "shop", "k"],
    ["name", "shop", "state_demo||k"],
    ["appid", "shop", "shop||k"],
    ["AppID", "shop", "shop||k"],
    ["appid", "", "k"],
    ["Tenant1", "shop", "tenant1||k"],
  ];
  for (const [prefix, appId, expected] of cases) {
    assert.equal(keyMapper("state_demo", prefix, appId)("k"), expected);
  }
});

Deno.test("a key or a prefix with the separator is refused in Layotto's words", () => {
  assert.throws(() => keyMapper("s", undefined, "")("a||b"), {
    name: "StoreError",
    message: "input key/keyPrefix 'a||b' can't contain '||'",
  });
  assert.throws(() => keyMapper("s", "x||y", ""), {
    message: "input key/keyPrefix 'x||y' can't contain '||'",
  });
  assert.equal(keyMapper("s", undefined, "")("a|b"), "a|b");
});

Deno.test("a key longer than the bound is refused", () => {
  const map = keyMapper("s", undefined, "");
  assert.equal(map("x".repeat(MAX_KEY)).length, MAX_KEY);
  assert.throws(() => map("x".repeat(MAX_KEY + 1)), /65537 characters/);
});
