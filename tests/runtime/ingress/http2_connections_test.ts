/** HTTP/2 connections as a whole: how they end, and what one client can do to the others. */
import assert from "node:assert/strict";
import { Duplex } from "node:stream";
import { Http2Connections } from "../../../runtime/ingress/http2/connections.ts";
import { Socket } from "../../../runtime/ingress/http2/socket.ts";
import type { Incoming, Reply } from "../../../runtime/ingress/incoming.ts";
import {
  ALL,
  Client,
  codeOf,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  head,
  HEADERS,
  latin1,
  PREFACE,
  RST_STREAM,
  Server,
  WINDOW_UPDATE,
} from "./http2_harness.ts";

const GET = head("GET", "/");
const NONE = new Uint8Array(0);
const NO_ERROR = 0;
const REFUSED_STREAM = 7;
/** Windows as large as they can be: of each stream, and of the connection. */
const OPEN = [0, 4, 0x7f, 0xff, 0xff, 0xff];
const OPENED = frame(WINDOW_UPDATE, 0, 0, [0x7f, 0, 0, 0]);

Deno.test("a listener that closes answers what is under way, takes nothing more, and ends", async () => {
  await using server = new Server();
  using client = await Client.connect(server.port, frame(HEADERS, ALL, 1, GET));
  const [, reply] = await server.asked();
  reply.head(200, []);
  const closed = server.close();
  assert.equal(codeOf(await client.frame(GOAWAY)), NO_ERROR);
  await client.say(frame(HEADERS, ALL, 3, GET));
  await client.rest();
  reply.data(latin1("late"));
  reply.end([["x-a", "1"]]);
  assert.deepEqual((await client.frame(DATA, 1)).payload, latin1("late"));
  await client.frame(HEADERS, 1);
  assert.equal((await client.frame(HEADERS, 1)).flags, ALL);
  await client.ended();
  await closed;
  assert.equal(server.unanswered, 0, "a request was taken after the end");
});

Deno.test("a listener that closes ends connections on which nothing is asked", async () => {
  await using server = new Server();
  using client = await Client.connect(server.port);
  await client.rest();
  const closed = server.close();
  await client.frame(GOAWAY);
  await client.ended();
  await closed;
});

Deno.test("a connection counts until it is over, and is over once", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const left = Promise.withResolvers<void>();
  let count = 0;
  const connections = new Http2Connections(
    (_request: Incoming, reply: Reply) => reply.whole(200, [], NONE),
    () => {
      count++;
      left.resolve();
    },
  );
  const accepted = listener.accept();
  const { port } = listener.addr;
  using client = await Client.connect(port, frame(HEADERS, ALL, 1, GET));
  const conn = await accepted;
  const said = new Uint8Array(PREFACE.length);
  await conn.read(said);
  connections.take(conn, said);
  // Also while it waits for what speaks HTTP/2.
  assert.equal(connections.size, 1);
  await client.frame(HEADERS, 1);
  assert.equal(connections.size, 1);
  client[Symbol.dispose]();
  await left.promise;
  connections.shutdown();
  assert.deepEqual([connections.size, count], [0, 1]);
});

Deno.test("a connection that came as the last before the end is closed as well", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const left = Promise.withResolvers<void>();
  const connections = new Http2Connections(() => {}, left.resolve);
  const accepted = listener.accept();
  using client = await Client.connect(listener.addr.port);
  const conn = await accepted;
  const said = new Uint8Array(PREFACE.length);
  await conn.read(said);
  connections.take(conn, said);
  connections.shutdown();
  await client.ended();
  await left.promise;
  assert.equal(connections.size, 0);
});

Deno.test("a connection on which nothing is asked is ended in the end, others are not", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const asked = Promise.withResolvers<Reply>();
  const left = Promise.withResolvers<void>();
  const connections = new Http2Connections(
    (_request, reply) => asked.resolve(reply),
    left.resolve,
  );
  const take = async () => {
    const conn = await listener.accept();
    const said = new Uint8Array(PREFACE.length);
    await conn.read(said);
    await connections.take(conn, said);
  };
  using busy = await Client.connect(
    listener.addr.port,
    frame(HEADERS, ALL, 1, GET),
  );
  await take();
  using idle = await Client.connect(listener.addr.port);
  await take();
  const reply = await asked.promise;
  connections.look(1);
  assert.deepEqual(await idle.rest(), []);
  connections.look(1);
  await idle.frame(GOAWAY);
  await left.promise;
  reply.whole(200, [], latin1("hello"));
  assert.deepEqual((await busy.frame(DATA, 1)).payload, latin1("hello"));
  assert.equal(connections.size, 1);
  connections.shutdown();
  await busy.ended();
});

Deno.test("an answer waits for the window of its stream", async () => {
  await using server = new Server();
  using client = await Client.connect(server.port, frame(HEADERS, ALL, 1, GET));
  const [, reply] = await server.asked();
  const { promise, resolve } = Promise.withResolvers<void>();
  const heard: boolean[] = [];
  reply.listen({
    gone() {},
    pressure(on) {
      heard.push(on);
      if (!on) resolve();
    },
  });
  reply.head(200, []);
  // As much as the window, and as much as may wait.
  reply.data(new Uint8Array(65535));
  reply.data(new Uint8Array(64 * 1024));
  await client.rest();
  reply.data(new Uint8Array(1));
  await client.rest();
  assert.equal(heard.at(-1), true);
  await client.say(
    frame(WINDOW_UPDATE, 0, 0, [0, 2, 0, 0]),
    frame(WINDOW_UPDATE, 0, 1, [0, 2, 0, 0]),
  );
  await promise;
  reply.end();
  let bytes = 0;
  for (let ended = false; !ended;) {
    const { flags, payload } = await client.frame(DATA, 1);
    bytes += payload.length;
    ended = (flags & END_STREAM) !== 0;
  }
  assert.equal(bytes, 65535 + 64 * 1024 + 1);
});

Deno.test("of an answer that its client does not read, no more is taken than fits on the way", async () => {
  const part = new Uint8Array(64 * 1024);
  const total = 1024;
  let given = 0;
  await using server = new Server((_request, reply) => {
    let held = false;
    const go = () => {
      while (!held && given < total) {
        given++;
        reply.data(part);
      }
      if (given === total) reply.end();
    };
    reply.listen({
      gone() {},
      pressure(on) {
        held = on;
        if (!on) go();
      },
    });
    reply.head(200, []);
    go();
  });
  using client = await Client.connectWith(
    server.port,
    OPEN,
    OPENED,
    frame(HEADERS, ALL, 1, GET),
  );
  let read = 0;
  for (let ended = false; !ended;) {
    const { flags, payload } = await client.frame(DATA, 1);
    read += payload.length;
    ended = (flags & END_STREAM) !== 0;
    // What the kernel holds for both ends is some MB.
    const behind = given * part.length - read;
    assert(behind < 24 * 1024 * 1024, `${behind} bytes are on the way`);
  }
  assert.equal(read, total * part.length);
});

Deno.test("nothing is read while what was written is not", async () => {
  let reads = 0;
  const written: (() => void)[] = [];
  const conn = {
    read() {
      reads++;
      return new Promise(() => {});
    },
    write: (bytes: Uint8Array) =>
      new Promise((resolve) => written.push(() => resolve(bytes.length))),
    close() {},
  } as unknown as Deno.TcpConn;
  const heard: boolean[] = [];
  const socket = new Socket(Duplex, conn, PREFACE, {
    pressure: (on) => heard.push(on),
  });
  socket.duplex.write(new Uint8Array(64 * 1024 + 1));
  assert.deepEqual([socket.full, heard], [true, [true]]);
  assert.deepEqual(Uint8Array.from(socket.duplex.read()), PREFACE);
  assert.equal(socket.duplex.read(), null);
  assert.equal(reads, 0);
  await Promise.resolve();
  written.shift()!();
  while (socket.full) await Promise.resolve();
  assert.deepEqual([heard, reads], [[true, false], 1]);
});

const FLOODS: Record<string, (i: number) => Uint8Array[]> = {
  "opens streams and resets them": (i) => [
    frame(HEADERS, ALL, 2 * i + 1, GET),
    frame(RST_STREAM, 0, 2 * i + 1, [0, 0, 0, 8]),
  ],
  "never ends a head": (i) => [
    i === 0 ? frame(HEADERS, 0, 1, GET) : frame(CONTINUATION, 0, 1),
  ],
  "sends data of no bytes": (i) => [
    i === 0 ? frame(HEADERS, END_HEADERS, 1, GET) : frame(DATA, 0, 1),
  ],
};

for (const [what, frames] of Object.entries(FLOODS)) {
  Deno.test(`a client that ${what} without end is sent away, and others are answered`, async () => {
    await using server = new Server((_request, reply) =>
      reply.listen({ gone() {}, pressure() {} })
    );
    using client = await Client.connect(server.port);
    const flood = Array.from({ length: 10_000 }, (_, i) => frames(i)).flat();
    // It may be cut off in the middle.
    client.say(...flood).catch(() => {});
    assert.notEqual(codeOf(await client.frame(GOAWAY)), NO_ERROR);
    await client.ended();
    using other = await Client.connect(server.port);
    assert.deepEqual(await other.rest(), []);
  });
}

Deno.test("a hundred streams are open at a time, and more are refused", async () => {
  await using server = new Server();
  using client = await Client.connect(server.port);
  await client.say(
    ...Array.from(
      { length: 101 },
      (_, i) => frame(HEADERS, ALL, 2 * i + 1, GET),
    ),
  );
  const refused = await client.frame(RST_STREAM);
  assert.deepEqual([refused.stream, codeOf(refused)], [201, REFUSED_STREAM]);
  assert.equal(server.unanswered, 100);
});
