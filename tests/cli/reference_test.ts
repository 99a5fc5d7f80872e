import assert from "node:assert/strict";
import { readReference } from "../../cli/image/reference.ts";
import { UsageError } from "../../cli/usage.ts";

const NAMES: readonly (readonly [text: string, name: string, tag: string])[] = [
  ["hello", "docker.io/library/hello:latest", "latest"],
  ["hello:1", "docker.io/library/hello:1", "1"],
  ["me/hello", "docker.io/me/hello:latest", "latest"],
  ["localhost/hello:1.0", "localhost/hello:1.0", "1.0"],
  ["localhost:5000/a/b_c-d", "localhost:5000/a/b_c-d:latest", "latest"],
  ["registry.example/x:V_1", "registry.example/x:V_1", "V_1"],
  ["host:80/x", "host:80/x:latest", "latest"],
  ["[::1]:5000/x", "[::1]:5000/x:latest", "latest"],
];

Deno.test("a name leaves out what docker's names leave out", () => {
  for (const [text, name, tag] of NAMES) {
    assert.deepEqual(readReference(text), { name, tag }, text);
  }
});

Deno.test("what is no name of an image is refused", () => {
  for (
    const text of [
      "",
      ":1",
      "A",
      "localhost/",
      "localhost/A",
      "/a",
      "a//b",
      "a/",
      "a:",
      "a:-1",
      "a b",
      "a/../b",
      "a@sha256:00",
      `a:${"x".repeat(129)}`,
      "a".repeat(300),
      "localhost:port/x",
      "a\nb",
      "a:1\n",
    ]
  ) {
    assert.throws(() => readReference(text), UsageError, JSON.stringify(text));
  }
});
