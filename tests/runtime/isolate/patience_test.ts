import assert from "node:assert/strict";
import { sleep } from "../../../proto/after.ts";
import { Patience } from "../../../runtime/isolate/patience.ts";

Deno.test("each wait has its value, its error, or nothing when its own time is over", async () => {
  const patience = new Patience(60);
  const never = new Promise<string>(() => {});
  const waits = [
    patience.wait(Promise.resolve("at once")),
    patience.wait(never),
  ];
  await sleep(30);
  waits.push(
    patience.wait(sleep(45).then(() => "later than the first ones' time")),
    patience.wait(never),
  );
  await assert.rejects(
    patience.wait(Promise.reject(new Error("no"))),
    /^Error: no$/,
  );
  assert.deepEqual(await Promise.all(waits), [
    "at once",
    undefined,
    "later than the first ones' time",
    undefined,
  ]);
  // Also after a time when nobody waited.
  assert.equal(await patience.wait(never), undefined);
});
