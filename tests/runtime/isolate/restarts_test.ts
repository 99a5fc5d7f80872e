import assert from "node:assert/strict";
import { RestartBudget } from "../../../runtime/isolate/worker/restarts.ts";

Deno.test("twenty replacements follow each other at once, then one every 50 ms (trap 29)", () => {
  let now = 0;
  const budget = new RestartBudget(() => now);
  for (let i = 0; i < 20; i++) {
    assert.equal(budget.allowed(), true, `replacement ${i}`);
    budget.ended();
  }
  assert.equal(budget.allowed(), false);
  assert.equal(budget.pause(), 50);
  now += 49;
  assert.equal(budget.allowed(), false);
  now += 1;
  assert.equal(budget.allowed(), true);
});

Deno.test("what cannot be started is tried again after 50, 100, 200 ms and so on, up to 10 s (trap 29)", () => {
  let now = 0;
  const budget = new RestartBudget(() => now);
  for (
    const pause of [50, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000]
  ) {
    budget.refused();
    assert.equal(budget.allowed(), false);
    assert.equal(budget.pause(), pause);
    now += pause;
    assert.equal(budget.allowed(), true);
  }
  budget.started();
  budget.refused();
  assert.equal(budget.pause(), 50);
});
