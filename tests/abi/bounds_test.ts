/**
 * Every address that a guest may hand over, at the last place that fits, one past it, and at -1. What is refused must
 * have changed nothing; what is accepted must have changed only what it says.
 */
import assert from "node:assert/strict";
import { A, CALLS, fresh, run } from "./memory_calls.ts";
import { HEAP, PAGE } from "./probe.ts";

for (const { name, args, spans, status } of CALLS) {
  Deno.test(`${name} accepts good addresses and writes nothing else (trap 5)`, async () => {
    const probe = fresh(name);
    const before = probe.memory.slice(0, HEAP);
    assert.equal(await run(probe, name, args), status ?? 0);
    const results = spans.filter(([, size]) => typeof size === "number")
      .map(([index, size]) => [args[index]!, size as number] as const);
    for (let i = 0; i < HEAP; i++) {
      const allowed = results.some(([start, size]) =>
        i >= start && i < start + size
      );
      if (!allowed) assert.equal(probe.memory[i], before[i], `byte ${i}`);
    }
  });

  for (const [index, span] of spans) {
    const size = typeof span === "number" ? span : args[span.length]!;
    Deno.test(`${name} checks the address in argument ${index} (trap 5)`, async () => {
      const last = fresh(name);
      // The same bytes, at the very end.
      last.memory.copyWithin(PAGE - size, args[index]!, args[index]! + size);
      const good = args.with(index, PAGE - size);
      assert.equal(await run(last, name, good), status ?? 0, "last place");
      for (const bad of [PAGE - size + 1, PAGE, -1, -size, 0x7fffffff]) {
        const probe = fresh(name);
        const before = probe.memory.slice();
        const answer = await run(probe, name, args.with(index, bad));
        assert.equal(answer, 6, `address ${bad}`);
        assert.deepEqual(probe.memory.slice(), before);
        assert.equal(probe.asked, -1, "nothing was allocated");
        assert.deepEqual(probe.host.invoked, [], "nothing was called");
      }
      if (typeof span === "number") return;
      const probe = fresh(name);
      const huge = args.with(span.length, -1);
      assert.equal(await run(probe, name, huge), 6, "4 GiB");
      const nothing = args.with(index, -1).with(span.length, 0);
      assert.notEqual(await run(fresh(name), name, nothing), 6, "no bytes");
    });
  }
}

Deno.test("an empty text is never looked at, whatever its address (trap 5)", () => {
  const probe = fresh("proxy_log");
  assert.equal(probe.call("proxy_log", 2, 1, 0), 0);
  assert.equal(probe.call("proxy_log", 2, -1, 0), 0);
  assert.equal(probe.call("proxy_set_buffer_bytes", 1, 0, 0, -1, 0), 0);
  assert.equal(probe.call("proxy_set_shared_data", A, 5, -1, 0, 0), 0);
});
