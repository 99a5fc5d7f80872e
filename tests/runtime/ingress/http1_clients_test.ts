/** Clients that leave, do not read, or do not say what they began to. */
import assert from "node:assert/strict";
import { Http1Connection } from "../../../runtime/ingress/http1/connection.ts";
import type { Handler, Reply } from "../../../runtime/ingress/incoming.ts";
import { answer, Client, ok, Server, statuses } from "./http1.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const CLOSE = GET.replace("\r\n\r\n", "\r\nconnection: close\r\n\r\n");
const POST = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 9\r\n\r\n";

Deno.test("an answerer hears that its client has gone, also where it listens later", async () => {
  for (const leave of ["leave", "half"]) {
    const gone = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<Reply>();
    await using server = new Server((_, reply) => {
      reply.listen({ gone: gone.resolve, pressure() {} });
      asked.resolve(reply);
    });
    const client = await server.connect(GET);
    const reply = await asked.promise;
    if (leave === "leave") client.leave();
    else await client.conn.closeWrite();
    await gone.promise;
    let late = 0;
    reply.listen({ gone: () => late++, pressure() {} });
    assert.equal(late, 1);
    answer(reply, "to nobody");
  }
});

Deno.test("a body whose client leaves is broken, also for who reads it later", async () => {
  for (const later of [false, true]) {
    const broken = Promise.withResolvers<void>();
    const heard: string[] = [];
    await using server = new Server(({ body }, reply) => {
      const sink = {
        data: (bytes: Uint8Array, end: boolean) =>
          void heard.push(`${bytes.length}${end}`),
        trailers: () => void heard.push("trailers"),
        broken: broken.resolve,
      };
      if (!later) return body!.read(sink);
      reply.listen({ gone: () => body!.read(sink), pressure() {} });
    });
    const client = await server.connect(later ? POST : `${POST}abc`);
    client.leave();
    await broken.promise;
    assert.deepEqual(heard, later ? [] : ["3false"]);
  }
});

Deno.test("a client that says nothing more still gets all that was answered", async () => {
  const size = 20_000_000;
  await using server = new Server((_, reply) =>
    reply.whole(200, [], new Uint8Array(size).fill(120))
  );
  for (const said of [GET, CLOSE]) {
    const heard = await server.talk(said);
    assert.equal(heard.length - heard.indexOf("\r\n\r\n") - 4, size);
  }
});

Deno.test("who asks and asks without reading is not asked for", async () => {
  let asked = 0;
  const full = Promise.withResolvers<void>();
  await using server = new Server((_, reply) => {
    asked++;
    reply.whole(200, [], new Uint8Array(200_000));
    full.resolve();
  });
  const client = await server.connect(GET.repeat(200));
  await full.promise;
  // Others are served meanwhile, and it gets what it asked for once it reads.
  await server.talk(GET);
  assert.ok(asked < 150, `${asked}`);
  await client.conn.closeWrite();
  assert.equal(statuses(await client.rest()).length, asked - 1);
});

Deno.test("an answerer hears when to wait for its client, and when to go on", async () => {
  const part = new Uint8Array(100_000);
  let sent = 0;
  const stopped = Promise.withResolvers<void>();
  await using server = new Server((_, reply) => {
    let wait = false;
    const go = () => {
      while (!wait && sent < 300) {
        reply.data(part);
        sent++;
      }
      if (wait) stopped.resolve();
      else reply.end();
    };
    reply.head(200, []);
    reply.listen({
      gone() {},
      pressure(on) {
        wait = on;
        // Not from within `data`.
        if (!on) queueMicrotask(go);
      },
    });
    go();
  });
  const client = await server.connect(CLOSE);
  await stopped.promise;
  assert.ok(sent < 300, `${sent}`);
  const text = await client.rest();
  assert.ok(text.length > 300 * part.length);
  assert.equal(sent, 300);
});

Deno.test("an answerer hears of a client that leaves while it is sent an answer", async () => {
  const gone = Promise.withResolvers<void>();
  await using server = new Server((_, reply) => {
    reply.head(200, []);
    reply.listen({ gone: gone.resolve, pressure() {} });
    reply.data(new Uint8Array(30_000_000));
  });
  const client = await server.connect(GET);
  await client.until("chunked");
  client.leave();
  await gone.promise;
});

/** A connection that is not looked at but by the test. */
async function open(handler: Handler) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept();
  const client = new Client(await Deno.connect({ port: listener.addr.port }));
  const closed = Promise.withResolvers<void>();
  const connection = new Http1Connection(await accepted, {
    handler,
    http2: () => assert.fail("nobody speaks HTTP/2"),
    closed: () => closed.resolve(),
  });
  const run = connection.run();
  listener.close();
  return {
    client,
    connection,
    closed: closed.promise,
    async [Symbol.asyncDispose]() {
      client.leave();
      await closed.promise;
      await run;
    },
  };
}

const PATIENCE = { idle: 5, head: 2, stalled: 3 };

Deno.test("a connection where nobody asks is closed in time", async () => {
  await using opened = await open((_, reply) => answer(reply, "hi"));
  const { client, connection } = opened;
  for (let i = 0; i < PATIENCE.idle; i++) connection.look(PATIENCE);
  await client.say(GET);
  assert.equal(await client.until("hi"), ok("hi"));
  for (let i = 0; i < PATIENCE.idle; i++) connection.look(PATIENCE);
  await client.say(GET);
  assert.equal(await client.until("hi"), ok("hi"));
  for (let i = 0; i < PATIENCE.idle + 1; i++) connection.look(PATIENCE);
  assert.equal(await client.rest(), "");
});

Deno.test("a head has its own time from its first byte on, and who is late is told", async () => {
  const asked = Promise.withResolvers<Reply>();
  await using opened = await open((_, reply) => asked.resolve(reply));
  const { client, connection } = opened;
  for (let i = 0; i < PATIENCE.idle; i++) connection.look(PATIENCE);
  await client.say(`${GET}GET /`);
  answer(await asked.promise, "hi");
  assert.equal(await client.until("hi"), ok("hi"));
  for (let i = 0; i < PATIENCE.head; i++) connection.look(PATIENCE);
  // That something of it comes now and then is not enough.
  await client.say(" HTTP");
  connection.look(PATIENCE);
  assert.match(
    await client.rest(),
    /^HTTP\/1\.1 408 Request Timeout\r\n[^]*connection: close/,
  );
});

Deno.test("a body that is read and does not come breaks off in time, and none that waits for its reader", async () => {
  const broken = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<() => void>();
  await using opened = await open(({ body }) => {
    asked.resolve(() =>
      body!.read({ data() {}, trailers() {}, broken: broken.resolve })
    );
  });
  const { client, connection } = opened;
  await client.say(`${POST}abc`);
  const read = await asked.promise;
  for (let i = 0; i < 3 * PATIENCE.stalled; i++) connection.look(PATIENCE);
  read();
  for (let i = 0; i < PATIENCE.stalled + 2; i++) connection.look(PATIENCE);
  await broken.promise;
  await client.ended();
});

Deno.test("a client that does not read its answer is let go in time, and not one that waits for it", async () => {
  const asked = Promise.withResolvers<Reply>();
  await using opened = await open((_, reply) => asked.resolve(reply));
  const { client, connection, closed } = opened;
  await client.say(GET);
  const reply = await asked.promise;
  for (let i = 0; i < 3 * PATIENCE.stalled; i++) connection.look(PATIENCE);
  reply.whole(200, [], new Uint8Array(30_000_000));
  // What the kernel takes is taken over several turns.
  let before = -1;
  while (before !== connection.output.written) {
    before = connection.output.written;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  for (let i = 0; i < PATIENCE.stalled + 2; i++) connection.look(PATIENCE);
  await closed;
  await client.ended();
});
