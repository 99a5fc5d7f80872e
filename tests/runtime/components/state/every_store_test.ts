/** What holds for a store of any type. */
import assert from "node:assert/strict";
import { bytes, type Opened, openStore, text } from "./open.ts";
import { RedisServer } from "./redis_server.ts";

/** Runs `test` on a fresh store of each type. */
function everyStore(
  name: string,
  test: (store: Opened["store"]) => Promise<void>,
): void {
  Deno.test(`in-memory: ${name}`, async () => {
    await using opened = await openStore("in-memory");
    await test(opened.store);
  });
  Deno.test(`sqlite: ${name}`, async () => {
    const data = await Deno.makeTempDir();
    try {
      await using opened = await openStore("sqlite", {}, { data });
      await test(opened.store);
    } finally {
      await Deno.remove(data, { recursive: true });
    }
  });
  Deno.test(`redis: ${name}`, async () => {
    await using server = await RedisServer.start();
    await using opened = await openStore("redis", {
      redisHost: `localhost:${server.port}`,
    });
    await test(opened.store);
  });
}

everyStore("what is set is read, replaced and deleted", async (store) => {
  assert.equal(await store.get("k"), undefined);
  await store.set("k", bytes("1"));
  assert.equal(text(await store.get("k")), "1");
  await store.set("k", bytes("2"));
  assert.equal(text(await store.get("k")), "2");
  await store.delete("k");
  assert.equal(await store.get("k"), undefined);
  await store.delete("k");
});

everyStore("an empty value is present", async (store) => {
  await store.set("k", new Uint8Array());
  assert.deepEqual(await store.get("k"), new Uint8Array());
  assert.equal(await store.setIfAbsent("k", bytes("x")), false);
});

everyStore("any bytes and any key come back as they were", async (store) => {
  const value = Uint8Array.from({ length: 256 }, (_, i) => i);
  const keys = ["", "a", "a\0b", "a\0", "größe 😀", "'; DROP", "{x}\r\n"];
  for (const key of keys) await store.set(key, bytes(`of ${key}`));
  for (const key of keys) {
    assert.equal(text(await store.get(key)), `of ${key}`);
  }
  await store.set("v", value);
  assert.deepEqual(await store.get("v"), value);
});

everyStore("setIfAbsent keeps what is there", async (store) => {
  assert.equal(await store.setIfAbsent("k", bytes("1")), true);
  assert.equal(await store.setIfAbsent("k", bytes("2")), false);
  assert.equal(text(await store.get("k")), "1");
});

everyStore("of many setIfAbsent at once one wins", async (store) => {
  const won = await Promise.all(
    Array.from({ length: 50 }, (_, i) => store.setIfAbsent("k", bytes(`${i}`))),
  );
  assert.equal(won.filter((w) => w).length, 1);
  assert.equal(text(await store.get("k")), `${won.indexOf(true)}`);
});

everyStore(
  "a value is the caller's again as soon as the call returned",
  async (store) => {
    const value = bytes("before");
    const set = store.set("k", value);
    value.fill(0);
    await set;
    const read = await store.get("k");
    assert.equal(text(read), "before");
    read?.fill(0);
    assert.equal(text(await store.get("k")), "before");
  },
);

everyStore("a value of 1 MiB is kept", async (store) => {
  const value = new Uint8Array(1024 * 1024).fill(7);
  await store.set("k", value);
  assert.deepEqual(await store.get("k"), value);
});

everyStore(
  "writes made at once all arrive, in order per key",
  async (store) => {
    await Promise.all(
      Array.from(
        { length: 300 },
        (_, i) => store.set(`k${i % 3}`, bytes(`${i}`)),
      ),
    );
    assert.deepEqual(
      [
        text(await store.get("k0")),
        text(await store.get("k1")),
        text(await store.get("k2")),
      ],
      ["297", "298", "299"],
    );
  },
);

everyStore("a store that answers is healthy", async (store) => {
  assert.equal(await store.health(), undefined);
  await store.set("k", bytes("1"));
  assert.equal(await store.health(), undefined);
});
