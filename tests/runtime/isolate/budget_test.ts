import assert from "node:assert/strict";
import {
  createBudget,
  InstanceBudget,
  mapsOf,
} from "../../../runtime/isolate/budget.ts";

Deno.test("an instance costs two maps, one that may be suspended four", () => {
  assert.equal(mapsOf({ suspends: false }), 2);
  assert.equal(mapsOf({ suspends: true }), 4);
});

Deno.test("isolates share one budget, which is never overdrawn", () => {
  const buffer = createBudget();
  const [one, other] = [new InstanceBudget(buffer), new InstanceBudget(buffer)];
  const all = one.left;
  assert.ok(all > 1000, `${all} maps`);
  assert.equal(one.take(all - 3), true);
  assert.equal(other.left, 3);
  assert.equal(other.take(4), false);
  assert.equal(other.left, 3);
  assert.equal(other.take(2), true);
  one.giveBack(2);
  assert.equal(one.left, 3);
});
