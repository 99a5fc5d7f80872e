import assert from "node:assert/strict";
import { bytes, openStore, text } from "./open.ts";
import { pause, RedisServer } from "./redis_server.ts";

const hostOf = (server: RedisServer) => ({
  redisHost: `localhost:${server.port}`,
});

Deno.test("a record is a hash with data and version, which counts the writes", async () => {
  await using server = await RedisServer.start();
  await using opened = await openStore("redis", hostOf(server));
  await opened.store.set("k", bytes("1"));
  await opened.store.set("k", bytes("2"));
  assert.equal(await server.cli("HGET", "k", "data"), "2");
  assert.equal(await server.cli("HGET", "k", "version"), "2");
  assert.equal(await server.cli("HLEN", "k"), "2");
});

Deno.test("a plain string is read, and becomes a record when it is set", async () => {
  await using server = await RedisServer.start();
  await using opened = await openStore("redis", hostOf(server));
  await server.cli("SET", "book1", "100");
  assert.equal(text(await opened.store.get("book1")), "100");
  assert.equal(await opened.store.setIfAbsent("book1", bytes("1")), false);
  await opened.store.set("book1", bytes("99"));
  assert.equal(await server.cli("TYPE", "book1"), "hash");
  assert.equal(text(await opened.store.get("book1")), "99");
});

Deno.test("a key of another type and a hash without data are errors that say so", async () => {
  await using server = await RedisServer.start();
  await using opened = await openStore("redis", hostOf(server));
  await server.cli("LPUSH", "list", "x");
  await server.cli("HSET", "hash", "other", "x");
  for (const key of ["list", "hash"]) {
    await assert.rejects(async () => await opened.store.get(key), {
      name: "StoreError",
      message:
        /^state store state_demo \(redis at localhost:\d+\): found a key that is neither/,
    });
  }
});

Deno.test("a record that somebody guards with first-write is left alone", async () => {
  await using server = await RedisServer.start();
  await using opened = await openStore("redis", hostOf(server));
  await server.cli(
    "HSET",
    "k",
    "data",
    "1",
    "version",
    "1",
    "first-write",
    "0",
  );
  await assert.rejects(opened.store.set("k", bytes("2")), /written once/);
  assert.equal(text(await opened.store.get("k")), "1");
});

Deno.test("a get is one packet", async () => {
  await using server = await RedisServer.start();
  await using opened = await openStore("redis", hostOf(server));
  await opened.store.set("k", bytes("1"));
  const before = await eventsRead(server);
  for (let i = 0; i < 100; i++) await opened.store.get("k");
  const events = await eventsRead(server) - before;
  // Each redis-cli call and the client's 100 gets are one read event each.
  assert(events >= 100 && events < 150, `${events} reads for 100 gets`);
});

async function eventsRead(server: RedisServer): Promise<number> {
  const stats = await server.cli("INFO", "stats");
  return Number(/total_reads_processed:(\d+)/.exec(stats)?.[1]);
}

Deno.test("a server that is down at start fails calls at once, is logged once, and is used when it comes", async () => {
  await using server = await RedisServer.prepare();
  await using opened = await openStore("redis", hostOf(server));
  for (let i = 0; i < 3; i++) {
    await assert.rejects(async () => await opened.store.get("k"), {
      name: "StoreError",
      message: /redis at localhost:\d+\): .*ECONNREFUSED/,
    });
  }
  assert.match(await opened.store.health() ?? "", /ECONNREFUSED/);
  await server.start();
  await untilWell(opened.store);
  await opened.store.set("k", bytes("1"));
  assert.equal(text(await opened.store.get("k")), "1");
  assert.equal(opened.lines.length, 2, opened.lines.join(""));
  assert.match(
    opened.lines[0] ?? "",
    /level=warn msg="redis does not answer.*store=state_demo host=localhost/,
  );
  assert.match(opened.lines[1] ?? "", /msg="redis answers again"/);
});

Deno.test("a server that is killed in mid-request fails that request and is used again when it is back", async () => {
  await using server = await RedisServer.start();
  await using opened = await openStore("redis", hostOf(server));
  await opened.store.set("k", bytes("1"));
  server.freeze();
  const under = Promise.allSettled([
    opened.store.get("k"),
    opened.store.set("k", bytes("2")),
  ]);
  await pause(20);
  await server.kill();
  for (const result of await under) {
    assert.equal(result.status, "rejected");
    assert.equal(result.reason.name, "StoreError");
  }
  await assert.rejects(async () => await opened.store.get("k"), {
    name: "StoreError",
  });
  await server.start();
  await untilWell(opened.store);
  assert.equal(await opened.store.get("k"), undefined, "its data are gone");
  await opened.store.set("k", bytes("3"));
  assert.equal(text(await opened.store.get("k")), "3");
});

Deno.test("a server that accepts and says nothing fails a request and does not hold the next", async () => {
  await using server = await RedisServer.start();
  await using opened = await openStore("redis", hostOf(server));
  await opened.store.set("k", bytes("1"));
  server.freeze();
  await assert.rejects(
    async () => await opened.store.get("k"),
    /no answer within 1000 ms/,
  );
  await assert.rejects(async () => await opened.store.get("k"), {
    name: "StoreError",
  });
  server.thaw();
  await untilWell(opened.store);
  assert.equal(text(await opened.store.get("k")), "1");
});

Deno.test("a connection that idled while the server was restarted is made anew", async () => {
  await using server = await RedisServer.start();
  await using opened = await openStore("redis", hostOf(server));
  await opened.store.set("k", bytes("1"));
  await server.kill();
  await server.start();
  await untilWell(opened.store);
  await opened.store.set("k", bytes("2"));
  assert.equal(text(await opened.store.get("k")), "2");
});

Deno.test("a password is used, and a wrong one is told without being shown", async () => {
  await using server = await RedisServer.start("--requirepass", "open-sesame");
  {
    await using opened = await openStore("redis", {
      ...hostOf(server),
      redisPassword: "open-sesame",
    });
    await opened.store.set("k", bytes("1"));
    assert.equal(text(await opened.store.get("k")), "1");
  }
  for (const redisPassword of ["wrong-word", ""]) {
    await using opened = await openStore("redis", {
      ...hostOf(server),
      redisPassword,
    });
    const problem = await opened.store.health() ?? "";
    assert.match(problem, /WRONGPASS|NOAUTH/);
    assert(!(problem + opened.lines).includes("wrong-word"));
  }
});

Deno.test("the database number is used", async () => {
  await using server = await RedisServer.start();
  await using opened = await openStore("redis", { ...hostOf(server), db: "3" });
  await opened.store.set("k", bytes("1"));
  assert.equal(await server.cli("-n", "3", "HGET", "k", "data"), "1");
  assert.equal(await server.cli("EXISTS", "k"), "0");
});

Deno.test("a server with too many clients is tried again with pauses, and logged once", async () => {
  await using server = await RedisServer.start("--maxclients", "1");
  const taken = await onlyClient(server);
  await using opened = await openStore("redis", hostOf(server));
  await assert.rejects(async () => await opened.store.get("k"), {
    name: "StoreError",
  });
  await pause(300);
  assert.equal(opened.lines.length, 1, opened.lines.join(""));
  taken.close();
  await untilWell(opened.store);
  await opened.store.set("k", bytes("1"));
});

Deno.test("a store that is closed stays closed", async () => {
  await using server = await RedisServer.start();
  const { store } = await openStore("redis", hostOf(server));
  await store.close();
  await assert.rejects(async () => await store.get("k"), /closed/);
});

/** A connection that has the server's only place; the one that looked whether it runs may still hold it for a moment. */
async function onlyClient(server: RedisServer): Promise<Deno.Conn> {
  while (true) {
    const { port } = server;
    const connection = await Deno.connect({ hostname: "127.0.0.1", port });
    await connection.write(bytes("PING\r\n"));
    const answer = new Uint8Array(64);
    const length = await connection.read(answer) ?? 0;
    if (text(answer.subarray(0, length))?.startsWith("+PONG")) {
      return connection;
    }
    connection.close();
  }
}

/** Waits until the store recovered by itself; a store that never does hangs the test. */
async function untilWell(
  store: { health(): Promise<string | undefined> },
): Promise<void> {
  while (await store.health() !== undefined) await pause(20);
}
