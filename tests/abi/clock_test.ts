import assert from "node:assert/strict";
import { realtime } from "../../abi/clock.ts";

/** Lets some time pass, in fractions of a millisecond. */
function pass(): void {
  for (const start = performance.now(); performance.now() - start < 0.01;);
}

Deno.test("the wall clock does not stand still within a millisecond, whenever it was first read", async () => {
  // A clock's first reading falls anywhere inside a millisecond; each isolate has its own.
  for (let at = 0; at < 20; at++) {
    const clock: { realtime: typeof realtime } = await import(
      `../../abi/clock.ts?reading=${at}`
    );
    for (const start = clock.realtime(); clock.realtime() - start < 3;) pass();
    let still = 0;
    for (let n = 0; n < 200; n++) {
      const before = clock.realtime();
      pass();
      if (clock.realtime() === before) still++;
    }
    assert(still < 20, `${still} of 200 readings showed no time passing`);
    pass();
  }
});

Deno.test("the wall clock stays within a millisecond of the machine's", () => {
  for (let n = 0; n < 500; n++) {
    const before = Date.now();
    const read = realtime();
    assert(
      read > before - 1 && read <= Date.now() + 1,
      `${read} at ${before}`,
    );
    pass();
  }
});
