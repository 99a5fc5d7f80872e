import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { FILE_NAME } from "../../../../runtime/components/state/sqlite_file.ts";
import { bytes, openStore, text } from "./open.ts";

/** Runs `test` with a folder that is removed afterwards. */
function inFolder(name: string, test: (data: string) => Promise<void>): void {
  Deno.test(name, async () => {
    const data = await Deno.makeTempDir();
    try {
      await test(data);
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  });
}

inFolder("what was written is there after a restart", async (data) => {
  {
    await using opened = await openStore("sqlite", {}, { data });
    await opened.store.set("book1", bytes("100"));
  }
  await using opened = await openStore("sqlite", {}, { data });
  assert.equal(text(await opened.store.get("book1")), "100");
});

inFolder(
  "reading makes no file, and writing makes the folder",
  async (data) => {
    const folder = `${data}/made/here`;
    await using opened = await openStore("sqlite", {}, { data: folder });
    assert.equal(await opened.store.get("k"), undefined);
    await assert.rejects(Deno.stat(folder), Deno.errors.NotFound);
    await opened.store.set("k", bytes("1"));
    assert((await Deno.stat(`${folder}/${FILE_NAME}`)).isFile);
  },
);

inFolder(
  "stores of one folder share the file and not the keys",
  async (data) => {
    await using one = await openStore("sqlite", {}, { data, name: "one" });
    await using two = await openStore("sqlite", {}, { data, name: "two" });
    await one.store.set("k", bytes("1"));
    assert.equal(await two.store.get("k"), undefined);
    await two.store.set("k", bytes("2"));
    assert.equal(text(await one.store.get("k")), "1");
    await one.store.close();
    assert.equal(text(await two.store.get("k")), "2");
    await two.store.set("k", bytes("3"));
    // Disposal closes the first a second time, which must take nothing from the second.
    one[Symbol.asyncDispose] = () => Promise.resolve();
  },
);

inFolder("what another process writes is seen", async (data) => {
  await using opened = await openStore("sqlite", {}, { data });
  await opened.store.set("k", bytes("1"));
  const other = new DatabaseSync(`${data}/${FILE_NAME}`);
  other.exec("UPDATE state SET value = x'32' WHERE key = 'k'");
  other.close();
  assert.equal(text(await opened.store.get("k")), "2");
});

inFolder(
  "a commit that was not checkpointed survives the writer's death",
  async (data) => {
    const script = `
    import { openState } from ${
      JSON.stringify(
        new URL(
          "../../../../runtime/components/state/registry.ts",
          import.meta.url,
        ).href,
      )
    };
    import { Logger } from ${
      JSON.stringify(
        new URL("../../../../runtime/log.ts", import.meta.url).href,
      )
    };
    const { store } = await openState("state_demo",
      { type: "sqlite", metadata: {}, place: "" },
      { data: ${JSON.stringify(data)}, appId: "", log: new Logger(() => {}) });
    for (let i = 0; i < 20; i++) await store.set("k", new TextEncoder().encode(String(i)));
    Deno.kill(Deno.pid, "SIGKILL");
  `;
    const file = `${data}/writer.ts`;
    await Deno.writeTextFile(file, script);
    const { signal } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--allow-all", "--config"],
        new URL("../../../../deno.json", import.meta.url).pathname,
        file,
      ],
    }).output();
    assert.equal(signal, "SIGKILL");
    assert((await Deno.stat(`${data}/${FILE_NAME}-wal`)).size > 0);
    await using opened = await openStore("sqlite", {}, { data });
    assert.equal(text(await opened.store.get("k")), "19");
    await opened.store.set("k", bytes("20"));
    assert.equal(text(await opened.store.get("k")), "20");
  },
);

inFolder(
  "a file that is no database is named with what to do, and left as it is",
  async (data) => {
    const file = `${data}/${FILE_NAME}`;
    const garbage = "no database at all ".repeat(100);
    await Deno.writeTextFile(file, garbage);
    await assert.rejects(openStore("sqlite", {}, { data }), (error: Error) => {
      assert.equal(error.name, "StoreError");
      assert(
        error.message.includes(
          `${file} is damaged or no database; move it away`,
        ),
      );
      return true;
    });
    assert.equal(await Deno.readTextFile(file), garbage);
  },
);

inFolder(
  "a file damaged while it is in use fails with its name, and not the host",
  async (data) => {
    await using opened = await openStore("sqlite", {}, { data });
    await opened.store.set("k", new Uint8Array(100_000));
    await opened.store.close();
    const file = `${data}/${FILE_NAME}`;
    const handle = await Deno.open(file, { write: true });
    await handle.seek(4096, Deno.SeekMode.Start);
    await handle.write(new Uint8Array(8192).fill(0xff));
    handle.close();
    await using again = await openStore("sqlite", {}, { data });
    await assert.rejects(async () => await again.store.get("k"), {
      name: "StoreError",
      message: /layotto\.sqlite is damaged/,
    });
    assert.match(await again.store.health() ?? "", /is damaged/);
    opened[Symbol.asyncDispose] = () => Promise.resolve();
  },
);

inFolder("a schema of a newer version is refused", async (data) => {
  const db = new DatabaseSync(`${data}/${FILE_NAME}`);
  db.exec("PRAGMA user_version = 7");
  db.close();
  await assert.rejects(
    openStore("sqlite", {}, { data }),
    /found schema version 7, expected at most 1: it was written by a newer Layotto/,
  );
});

inFolder(
  "a write to a file that another process holds fails with its name, and goes once it is free",
  async (data) => {
    await using opened = await openStore("sqlite", {}, { data });
    await opened.store.set("k", bytes("1"));
    const other = new DatabaseSync(`${data}/${FILE_NAME}`);
    other.exec("BEGIN IMMEDIATE");
    await assert.rejects(opened.store.set("k", bytes("2")), {
      name: "StoreError",
      message: /layotto\.sqlite is locked by another process/,
    });
    assert.match(await opened.store.health() ?? "", /is locked/);
    assert.equal(text(await opened.store.get("k")), "1", "reads go on");
    other.exec("ROLLBACK");
    other.close();
    await opened.store.set("k", bytes("3"));
    assert.equal(await opened.store.health(), undefined);
  },
);

inFolder("a folder that cannot be made or entered is named", async (data) => {
  await Deno.writeTextFile(`${data}/file`, "");
  const inside = `${data}/file/below`;
  await assert.rejects(
    openStore("sqlite", {}, { data: inside }),
    named(inside),
  );
  const unwritable = "/proc/layotto";
  await using opened = await openStore("sqlite", {}, { data: unwritable });
  await assert.rejects(
    opened.store.set("k", bytes("1")),
    named(unwritable),
  );
});

/** Checks that an error is a store's and names `path`. */
function named(path: string) {
  return (error: Error) => {
    assert.equal(error.name, "StoreError");
    assert(error.message.includes(path), error.message);
    return true;
  };
}

inFolder(
  "a value over the bound is refused before it is copied",
  async (data) => {
    await using opened = await openStore("sqlite", {}, { data });
    await assert.rejects(
      opened.store.set("k", new Uint8Array(32 * 1024 * 1024 + 1)),
      /found a value of 33554433 bytes, expected at most 33554432/,
    );
  },
);

inFolder("closing waits for what is being written", async (data) => {
  const opened = await openStore("sqlite", {}, { data });
  const writes = Array.from(
    { length: 50 },
    (_, i) => opened.store.set(`k${i}`, bytes("1")),
  );
  await opened.store.close();
  await Promise.all(writes);
  await using again = await openStore("sqlite", {}, { data });
  assert.equal(text(await again.store.get("k49")), "1");
});
