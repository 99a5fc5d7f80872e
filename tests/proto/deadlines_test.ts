import assert from "node:assert/strict";
import { sleep } from "../../proto/after.ts";
import { Deadlines, deadlinesOf } from "../../proto/deadlines.ts";

Deno.test("each wait ends when its own time is over, in order, but for those that were cancelled", async () => {
  const deadlines = new Deadlines(40);
  const late: string[] = [];
  const done = Promise.withResolvers<void>();
  deadlines.add(() => late.push("first"));
  const cancelled = deadlines.add(() => late.push("cancelled"));
  await sleep(20);
  deadlines.add(() => {
    late.push("second");
    // Who is late may wait again.
    deadlines.add(() => done.resolve());
  });
  cancelled.cancel();
  cancelled.cancel();
  assert.deepEqual(late, []);
  await done.promise;
  assert.deepEqual(late, ["first", "second"]);
});

Deno.test("a time that is longer than timers can wait is not over at once", async () => {
  let late = false;
  const deadline = new Deadlines(2 ** 32 - 1).add(() => late = true);
  await sleep(30);
  assert.equal(late, false);
  deadline.cancel();
});

Deno.test("waits share a timer by how long they are, but not any number of timers", () => {
  assert.equal(deadlinesOf(1234), deadlinesOf(1234));
  for (let i = 0; i < 100; i++) deadlinesOf(1e6 + i);
  assert.notEqual(deadlinesOf(2e6), deadlinesOf(2e6));
});
