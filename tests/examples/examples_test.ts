import assert from "node:assert/strict";
import { buildExamples } from "../../tools/build_examples.ts";
import { Laptop } from "../cli/laptop.ts";
import { inFolder, ROOT } from "../cli/run.ts";

/** Runs `use` against a `layotto start` of `config`. */
async function withFunctions(
  functions: readonly string[],
  use: (laptop: Laptop) => Promise<void>,
): Promise<void> {
  await buildExamples();
  await inFolder(async (folder) => {
    const paths = functions.map((name) => [
      name,
      `${ROOT}examples/${name}/build/${name}.wasm`,
    ]);
    const config = `${folder}/config.json`;
    await Deno.writeTextFile(
      config,
      JSON.stringify({ functions: Object.fromEntries(paths) }),
    );
    const laptop = await Laptop.start(folder, ["-c", config]);
    try {
      await use(laptop);
    } finally {
      await laptop.stop();
    }
  });
}

Deno.test("hello answers every request, and alone it needs no id", () =>
  withFunctions(["hello"], async (laptop) => {
    assert.equal(await laptop.ask("/"), "hello");
    assert.equal(await laptop.ask("/any/path?x=1", "hello", "a body"), "hello");
  }));

Deno.test("id_1 takes the name out of the query and asks id_2", () =>
  withFunctions(["id_1", "id_2"], async (laptop) => {
    for (
      const [query, book] of [
        ["?name=book2", "book2"],
        ["?a=1&name=x%20y&b=2", "x y"],
        ["?name=", ""],
        ["?name", ""],
        ["?nam=e", ""],
        ["?name=gr%C3%BCn", "grün"],
      ] as const
    ) {
      assert.equal(
        await laptop.ask(`/${query}`, "id_1"),
        `There are  inventories for ${book}.`,
      );
    }
  }));

Deno.test("the pair answers a thousand requests of many clients, each its own", () =>
  withFunctions(["id_1", "id_2"], async (laptop) => {
    const client = async (n: number) => {
      for (let i = 0; i < 50; i++) {
        const book = `book-${n}-${i}`;
        assert.equal(
          await laptop.ask(`/?name=${book}`, "id_1"),
          `There are  inventories for ${book}.`,
        );
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, n) => client(n)));
  }));
