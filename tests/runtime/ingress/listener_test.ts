/** Listeners: how many they take, and how they end. */
import assert from "node:assert/strict";
import { acceptAll } from "../../../runtime/ingress/accept.ts";
import type { Reply } from "../../../runtime/ingress/incoming.ts";
import { openListener } from "../../../runtime/ingress/listener.ts";
import { answer, Client, ok, Server } from "./http1.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";

Deno.test("a listener that closes ends idle connections at once, and others once they are answered", async () => {
  const asked = Promise.withResolvers<Reply>();
  await using server = new Server(({ path }, reply) => {
    if (path === "/slow") asked.resolve(reply);
    else answer(reply, "hi");
  });
  const idle = await server.connect(GET);
  const silent = await server.connect();
  const slow = await server.connect(GET.replace("/", "/slow") + GET);
  assert.equal(await idle.until("hi"), ok("hi"));
  const reply = await asked.promise;
  let over = false;
  const closing = server.close().then(() => over = true);
  assert.equal(await idle.rest(), "");
  assert.equal(await silent.rest(), "");
  await assert.rejects(server.connect(), Deno.errors.ConnectionRefused);
  assert.ok(!over);
  answer(reply, "slow");
  assert.equal(await slow.rest(), ok("slow", false));
  slow.leave();
  await closing;
});

Deno.test("an answer that is being written when the listener closes is written whole", async () => {
  const size = 20_000_000;
  await using server = new Server((_, reply) =>
    reply.whole(200, [], new Uint8Array(size).fill(120))
  );
  const client = await server.connect(GET);
  await client.until("\r\n\r\n");
  const closing = server.close();
  assert.equal((await client.rest()).length, size);
  await closing;
});

Deno.test("connections over the limit wait until another ends", async () => {
  const listener = openListener(
    "127.0.0.1",
    0,
    (_, reply) => answer(reply, "hi"),
    false,
    2,
  );
  const connect = async () => {
    const client = new Client(await Deno.connect({ port: listener.port }));
    await client.say(GET);
    return client;
  };
  const [one, two] = [await connect(), await connect()];
  await one.until("hi");
  await two.until("hi");
  const three = await connect();
  let heard = false;
  const waiting = three.until("hi").then(() => heard = true);
  await one.say(GET);
  await one.until("hi");
  assert.ok(!heard);
  two.leave();
  await waiting;
  one.leave();
  three.leave();
  await listener.close();
});

Deno.test("a listener goes on where a connection cannot be had", async () => {
  const real = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const errors = [
    new Error("Too many open files (os error 24)"),
    new Deno.errors.ConnectionAborted(),
  ];
  const listener = {
    accept: () => {
      const error = errors.shift();
      return error === undefined ? real.accept() : Promise.reject(error);
    },
  } as Deno.TcpListener;
  const taken = Promise.withResolvers<void>();
  const over = acceptAll(listener, (conn) => {
    conn.close();
    taken.resolve();
  });
  const client = await Deno.connect({ port: real.addr.port });
  await taken.promise;
  client.close();
  real.close();
  await over;
});
