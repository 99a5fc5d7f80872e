/** The fuzzer itself: it finds what is wrong, says it in a line that can be kept, and tries the same in every run. */
import assert from "node:assert/strict";
import { Choices } from "./engine/choices.ts";
import { type Target, tryInputs } from "./engine/fuzz.ts";
import { parseSeeds } from "./engine/seeds.ts";

function target(run: Target["run"], minimum = 20_000): Target {
  const corpus = [Uint8Array.of(1, 0, 0, 0, 9)];
  return { says: "", name: "engine", corpus, minimum, run };
}

const ONE_RUN = { seed: 1, milliseconds: 0 };

Deno.test("an input that fails is made small and printed as a line of a seeds file", async () => {
  const failing = target((input) => {
    if (input.length > 6 && input[2] === 0xff) throw new Error("two\nlines");
  });
  const error = await tryInputs(failing, ONE_RUN).then(() => {}, (e) => e);
  const [first, line] = String(error.message).split("\n");
  assert.match(first!, /keep it in tests\/fuzz\/seeds\/engine\.txt/);
  assert.match(line!, /^[0-9a-f]+ # two$/);
  const [input] = parseSeeds("engine", line!);
  assert.equal(input!.length, 7);
  assert.equal(input![2], 0xff);
});

Deno.test("a length field that is one off, deep in an input, is found", async () => {
  const failing = target((input) => {
    if (input.length === 5 && input[0] === 2 && input[4] === 9) throw "found";
  });
  await assert.rejects(tryInputs(failing, ONE_RUN), { cause: "found" });
});

Deno.test("every run tries the same inputs, and never fewer than the minimum", async () => {
  const runs: string[] = [];
  for (const seed of [1, 1, 2]) {
    let all = "";
    const { inputs } = await tryInputs(
      target((input) => void (all += input.toHex() + " "), 500),
      { seed, milliseconds: 0 },
    );
    assert.equal(inputs, 500);
    runs.push(all);
  }
  assert.equal(runs[0], runs[1]);
  assert.notEqual(runs[0], runs[2]);
});

Deno.test("what is found worth it is mutated further", async () => {
  let most = 0;
  await tryInputs(
    target((input) => {
      let ones = 0;
      while (input[ones] === 1) ones++;
      const better = ones > most;
      most = Math.max(most, ones);
      return better;
    }),
    ONE_RUN,
  );
  assert.ok(most >= 6, `${most} bytes in a row were guessed`);
});

Deno.test("a seeds file has comments and lines of hexadecimal digits", () => {
  const seeds = parseSeeds("x", "# why\n00ff # a\n\n # an empty input\n");
  assert.deepEqual(seeds.map((seed) => seed.toHex()), ["00ff", ""]);
  assert.throws(() => parseSeeds("x", "00\n0g # a"), /seeds\/x\.txt:2: .*"0g"/);
  assert.throws(() => parseSeeds("x", "000"), /even number/);
});

Deno.test("an input read as choices ends in zeros", () => {
  const choices = new Choices(Uint8Array.of(7, 3, 1, 2, 3, 4));
  assert.equal(choices.below(5), 2);
  assert.deepEqual(choices.take(8), Uint8Array.of(1, 2, 3));
  assert.equal(choices.over, false);
  assert.equal(choices.u32(), 4);
  assert.equal(choices.over, true);
  assert.equal(choices.number(), 0);
});
