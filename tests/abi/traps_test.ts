/** Which tests hold the traps of `abi/TRAPS.md`: their titles say so, and none may lose its last one. */
import assert from "node:assert/strict";

const root = new URL("../../", import.meta.url);

Deno.test("every trap that abi/TRAPS.md lists has tests named after it, and none has a number that is not listed", () => {
  const text = Deno.readTextFileSync(new URL("abi/TRAPS.md", root));
  const listed = [...text.matchAll(/^\| (\d+) /gm)].map(([, n]) => Number(n));
  assert.deepEqual(listed, listed.map((_, i) => i + 1));
  const held = new Set(
    sources(new URL("tests/", root)).flatMap(numbersInTitles),
  );
  assert.deepEqual([...held].sort((a, b) => a - b), listed);
});

/** A title ends with its numbers: `what holds (trap 3) (trap 5)`. */
function numbersInTitles(source: string): number[] {
  return [...source.matchAll(/(?: \(trap \d+\))+(?=["`])/g)]
    .flatMap(([ends]) => [...ends.matchAll(/\d+/g)].map(Number));
}

function sources(folder: URL): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) => {
    if (isDirectory) return sources(new URL(`${name}/`, folder));
    const here = name.endsWith("_test.ts") && name !== "traps_test.ts";
    return here ? [Deno.readTextFileSync(new URL(name, folder))] : [];
  });
}
