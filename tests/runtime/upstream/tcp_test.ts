import assert from "node:assert/strict";
import { cluster, FN, latin1, Port, RawServer, text } from "./harness.ts";

/** Connects, and gathers what is heard. */
function open(port: Port, name: string) {
  const done = Promise.withResolvers<string | undefined>();
  const heard = { data: "", ended: false };
  const stream = port.streams.tcp(FN, name, {
    data(bytes, end) {
      heard.data += text(bytes);
      heard.ended ||= end;
      stream.consumed(bytes.length);
    },
    closed: (reason) => done.resolve(reason),
  });
  return { stream, heard, closed: done.promise };
}

Deno.test("each direction of a TCP stream ends by itself", async () => {
  using server = new RawServer(async (peer) => {
    await peer.send("hello ");
    const said = await peer.until("!");
    await peer.send(`you said ${said}`);
    await peer.socket.closeWrite();
    await peer.until("bye");
  });
  const address = `tcp://${server.address}`;
  using port = new Port({ upstream: address });
  const { stream, heard, closed } = open(port, address);
  stream.send(latin1("ping!"), false);
  while (!heard.ended) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(heard.data, "hello you said ping!");
  stream.send(latin1("bye"), true);
  assert.equal(await closed, undefined);
  assert.equal(port.broker.size, 0);
});

Deno.test("a connection that cannot be made, and an upstream that there is not, are closed with a reason", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const dead = `127.0.0.1:${(listener.addr as Deno.NetAddr).port}`;
  listener.close();
  using port = new Port({
    clusters: { db: cluster(`tcp://${dead}`) },
    upstream: "db",
  });
  assert.match(await open(port, "db").closed ?? "", /refused/);
  assert.match(await open(port, "tcp://other:1").closed ?? "", /no upstream/);
});

Deno.test("large data goes through whole in both directions", async () => {
  const size = 4 * 1024 * 1024;
  using server = new RawServer(async ({ socket }) => {
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const count = await socket.read(buffer);
      if (count === null) break;
      for (let at = 0; at < count;) {
        at += await socket.write(buffer.subarray(at, count));
      }
    }
    await socket.closeWrite();
  });
  const address = `tcp://${server.address}`;
  using port = new Port({ upstream: address });
  let got = 0;
  let wrong = 0;
  let resume = () => {};
  const closed = Promise.withResolvers<string | undefined>();
  const stream = port.streams.tcp(FN, address, {
    data(bytes) {
      for (const byte of bytes) if (byte !== (got++ & 0x7f)) wrong++;
      stream.consumed(bytes.length);
    },
    closed: closed.resolve,
    drain: () => resume(),
  });
  const piece = Uint8Array.from({ length: 64 * 1024 }, (_, i) => i & 0x7f);
  for (let sent = piece.length; sent <= size; sent += piece.length) {
    if (!stream.send(piece, sent === size)) {
      await new Promise<void>((resolve) => resume = resolve);
    }
  }
  assert.equal(await closed.promise, undefined);
  assert.deepEqual([got, wrong], [size, 0]);
});

Deno.test("a stream that its function closes is closed at once", async () => {
  const closed = Promise.withResolvers<void>();
  using server = new RawServer(async (peer) => {
    await peer.until("x").catch(() => {});
    closed.resolve();
  });
  const address = `tcp://${server.address}`;
  using port = new Port({ upstream: address });
  const { stream } = open(port, address);
  while (server.connections === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stream.close();
  await closed.promise;
  assert.equal(port.streams.size, 0);
});
