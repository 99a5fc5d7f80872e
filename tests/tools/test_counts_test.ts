import assert from "node:assert/strict";
import { count, skippedNames } from "../../tools/test_counts.ts";

Deno.test("counts come from the last summary line", () => {
  assert.deepEqual(
    count(
      "ok | 9 passed | 0 failed (1s)\n" +
        "FAILED | 2 passed (1 step) | 4 failed (1 step) | 1 ignored (1 step) (101ms)\n",
    ),
    { passed: 2, failed: 4, skipped: 1 },
  );
  assert.deepEqual(
    count("ok | 12 passed | 0 failed | 3 ignored | 6 filtered out (4s)"),
    { passed: 12, failed: 0, skipped: 3 },
  );
});

Deno.test("a run without a summary, or one that says FAILED, is a failure", () => {
  assert.equal(count("error: Type checking failed.").failed, 1);
  assert.equal(count("FAILED | 0 passed | 0 failed (1s)").failed, 1);
});

Deno.test("skipped tests are named with their reason, steps are not", () => {
  assert.deepEqual(
    skippedNames(
      "passes ... ok (3ms)\nx [skipped: wants root] ... ignored (0ms)\n" +
        "  step ... ignored (0ms)\n",
    ),
    ["x [skipped: wants root]"],
  );
});
