import assert from "node:assert/strict";
import { Rest } from "../../../runtime/isolate/worker/rest.ts";

Deno.test("an isolate collects once, when it answered nobody between two looks", () => {
  let collected = 0;
  const rest = new Rest(() => collected++);
  for (const answers of [0, 3, 8]) rest.look(answers);
  assert.equal(collected, 0);
  rest.look(8);
  assert.equal(collected, 1);
  for (const answers of [8, 8, 9, 9]) rest.look(answers);
  assert.equal(collected, 1);
});
