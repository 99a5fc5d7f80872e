import assert from "node:assert/strict";
import { digest } from "../../shim/digest.ts";

Deno.test("a digest is 32 hex digits and always the same", () => {
  for (const text of ["", "a", "x".repeat(10_000), "ü\u{1f980}"]) {
    assert.match(digest(text), /^[0-9a-f]{32}$/);
    assert.equal(digest(text), digest(text));
  }
  // Sockets are found again after an upgrade only while names stay.
  assert.equal(digest("layotto/"), "2ffa56edc60725987c17f03691797979");
});

Deno.test("texts that differ in one character have digests that differ in every lane", () => {
  const base = "/run/containerd/containerd.sock\nk8s.io\npod-1";
  const lanes = (text: string) => digest(text).match(/.{8}/g) ?? [];
  const [own, seen] = [lanes(base), new Set([digest(base)])];
  for (let at = 0; at < base.length; at++) {
    for (const other of ["\0", "x", "~", "\uffff"]) {
      const text = base.slice(0, at) + other + base.slice(at + 1);
      if (text === base) continue;
      seen.add(digest(text));
      lanes(text).forEach((lane, which) => assert.notEqual(lane, own[which]));
    }
  }
  assert(seen.size > 4 * (base.length - 1));
});

Deno.test("a hundred thousand names have as many digests, by every half of them", () => {
  const names = Array.from(
    { length: 100_000 },
    (_, at) => digest(`pod${at % 10}/${at}`),
  );
  for (
    const half of [(s: string) => s.slice(0, 16), (s: string) => s.slice(16)]
  ) {
    assert.equal(new Set(names.map(half)).size, names.length);
  }
});
