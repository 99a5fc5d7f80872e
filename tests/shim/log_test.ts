import assert from "node:assert/strict";
import { formatLine, Log } from "../../shim/log.ts";
import { inFolder, run } from "./root.ts";

Deno.test("a line looks like containerd's, and what is in it cannot break it", () => {
  assert.equal(
    formatLine(new Date(0), "info", 'say "hi"\n', {
      id: "f1",
      error: "a b",
      none: undefined,
    }),
    'time="1970-01-01T00:00:00.000Z" level=info msg="say \\"hi\\"\\n" id=f1 error="a b"',
  );
});

Deno.test("lines go to the first bundle's log, then to the next one's when that task goes", async () => {
  await inFolder(async (folder) => {
    const bundles = ["a", "b"].map((name) => `${folder}/${name}`);
    const readers: Deno.FsFile[] = [];
    for (const bundle of bundles) {
      Deno.mkdirSync(bundle);
      await run("mkfifo", `${bundle}/log`);
      readers.push(Deno.openSync(`${bundle}/log`, { read: true, write: true }));
    }
    const log = new Log(false);
    for (const bundle of bundles) log.use(bundle);
    log.info("one");
    log.debug("nobody asked");
    log.drop(bundles[0] ?? "");
    log.warn("two");
    log.info("ü".repeat(10_000));
    const texts = readers.map((reader) => {
      const buffer = new Uint8Array(16_384);
      const count = reader.readSync(buffer) ?? 0;
      reader.close();
      return new TextDecoder().decode(buffer.subarray(0, count));
    });
    assert.match(texts[0] ?? "", /^time=\S+ level=info msg="one"\n$/);
    const [two = "", long = ""] = (texts[1] ?? "").split("\n");
    assert.match(two, /^time=\S+ level=warning msg="two"$/);
    const bytes = new TextEncoder().encode(`${long}\n`).length;
    assert(bytes > 1000 && bytes <= 4096, `${bytes} bytes`);
    log.drop(bundles[1] ?? "");
  });
});

Deno.test("a log nobody reads fills up and holds nobody", async () => {
  await inFolder(async (folder) => {
    await run("mkfifo", `${folder}/log`);
    const log = new Log(false);
    log.use(folder);
    for (let line = 0; line < 1000; line++) log.info("x".repeat(1000));
    log.drop(folder);
  });
});

Deno.test("without a log, or with a plain file in its place, lines are dropped", async () => {
  await inFolder((folder) => {
    const log = new Log(false);
    log.use(folder);
    log.info("one");
    Deno.writeTextFileSync(`${folder}/log`, "");
    log.info("two");
    assert.equal(Deno.readTextFileSync(`${folder}/log`), "");
  });
});
