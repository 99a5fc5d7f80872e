import assert from "node:assert/strict";
import { after, sleep } from "../../proto/after.ts";

Deno.test("what is due later happens in order, once, and what is cancelled never", async () => {
  const happened: string[] = [];
  after(30, () => happened.push("second"));
  after(10, () => happened.push("first"));
  const cancel = after(20, () => happened.push("cancelled"));
  cancel();
  await sleep(60);
  assert.deepEqual(happened, ["first", "second"]);
  cancel();
});

Deno.test("a time that is over is as soon as possible", async () => {
  await sleep(-1);
  await sleep(0.5);
});

Deno.test("the Node layer is not loaded for it", async () => {
  const script = `
    import { after } from ${
    JSON.stringify(new URL("../../proto/after.ts", import.meta.url).href)
  };
    after(5, () => Deno.exit(0));
    after(60000, () => Deno.exit(1));
  `;
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/main.ts`, script);
    const { code } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-config", `${folder}/main.ts`],
      env: { DENO_DIR: `${folder}/cache` },
    }).output();
    assert.equal(code, 0);
    const cached = [...Deno.readDirSync(`${folder}/cache`)]
      .filter(({ name }) => name.startsWith("v8_code_cache"))
      .map(({ name }) => Deno.readFileSync(`${folder}/cache/${name}`))
      .map((bytes) => new TextDecoder("latin1").decode(bytes)).join("");
    assert.match(cached, /after\.ts/);
    assert.doesNotMatch(cached, /ext:deno_node/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
