/** When answers go out: those of one turn together, but for functions that take long. */
import assert from "node:assert/strict";
import { Turn } from "../../../runtime/ingress/http1/turn.ts";

/** Turns after which it is known whether functions take long. */
const ENOUGH = 64;
/** What an answer takes: milliseconds. */
const LONG = 0.5;
const SHORT = 0.01;

class Said {
  order: string[] = [];
  #time = 0;
  readonly #turn = new Turn(() => this.#time);

  /** One request is answered, after work of so many milliseconds. */
  answer(name: string, milliseconds: number): void {
    this.#time += milliseconds;
    this.order.push(`${name} answered`);
    this.#turn.write({ flush: () => this.order.push(`${name} written`) });
  }

  /** Turns of two requests whose functions take so long. @returns in how many the first waited for the second. */
  async turns(milliseconds: number): Promise<number> {
    let waited = 0;
    for (let i = 0; i < ENOUGH; i++) {
      this.order = [];
      this.answer("a", milliseconds);
      if (this.order.length === 1) waited++;
      this.answer("b", milliseconds);
      await Promise.resolve();
    }
    return waited;
  }
}

Deno.test("answers of one turn are written once all are given, in their order", async () => {
  const said = new Said();
  assert.equal(await said.turns(SHORT), ENOUGH);
  assert.deepEqual(said.order, [
    "a answered",
    "b answered",
    "a written",
    "b written",
  ]);
});

Deno.test("where functions take long nearly no answer waits for the next, and all do again once they are fast", async () => {
  const said = new Said();
  await said.turns(LONG);
  const waited = await said.turns(LONG);
  // One in so many is put off to see how long it takes now.
  assert(waited > 0 && waited < ENOUGH / 8, `${waited} waited`);
  await said.turns(SHORT);
  assert.equal(await said.turns(SHORT), ENOUGH);
});
