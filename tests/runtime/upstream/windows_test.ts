/** Neither direction grows memory past its window, whoever is slow. */
import assert from "node:assert/strict";
import { STREAM_WINDOW } from "../../../runtime/isolate/upstream_messages.ts";
import { cluster, FN, get, Port, RawServer, request, text } from "./harness.ts";

const MiB = 1024 * 1024;

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

Deno.test("a large body arrives whole, both ways at once", async () => {
  const sum = (bytes: string) => {
    let sum = 0;
    for (let i = 0; i < bytes.length; i++) {
      sum = (sum * 31 + bytes.charCodeAt(i)) | 0;
    }
    return sum;
  };
  using server = new RawServer(async (peer) => {
    await peer.head();
    await peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${3 * MiB}\r\n\r\n`);
    const first = peer.rest();
    await peer.send(first);
    const buffer = new Uint8Array(64 * 1024);
    for (let left = 3 * MiB - first.length; left > 0;) {
      const count = await peer.socket.read(buffer) ?? 0;
      await peer.send(text(buffer.subarray(0, count)));
      left -= count;
    }
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  let resume = () => {};
  const { exchange, received } = port.open("web", 0, () => resume());
  exchange.sendHeaders(
    request("POST", "/", ["content-length", String(3 * MiB)]),
    false,
  );
  let sent = "";
  for (let i = 0; i < 3 * 16; i++) {
    const bytes = crypto.getRandomValues(new Uint8Array(MiB / 16));
    sent += text(bytes);
    if (!exchange.sendData(bytes, i === 47)) {
      await new Promise<void>((resolve) => resume = resolve);
    }
  }
  const { body } = await received;
  assert.equal(body.length, 3 * MiB);
  assert.equal(sum(body), sum(sent));
});

Deno.test("a function that does not use up what it got gets no more than its window", async () => {
  let written = 0;
  using server = new RawServer(async (peer) => {
    await peer.head();
    await peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${64 * MiB}\r\n\r\n`);
    const piece = "x".repeat(64 * 1024);
    for (; written < 64 * MiB; written += piece.length) await peer.send(piece);
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  let got = 0;
  const exchange = port.streams.http(FN, "web", 0, {
    headers() {},
    data: (bytes) => got += bytes.length,
    trailers() {},
    reset() {},
  });
  exchange.sendHeaders(get(), true);
  let before = -1;
  while (written !== before) {
    before = written;
    await wait(100);
  }
  assert(got >= STREAM_WINDOW, `${got} bytes came`);
  assert(got <= 2 * STREAM_WINDOW, `${got} bytes came`);
  // The rest is in the kernel's buffers at most.
  assert(written < 32 * MiB, `${written} bytes were written`);
  exchange.consumed(got);
  const stood = got;
  while (got === stood) await wait(10);
  exchange.reset();
});

Deno.test("a service that does not read makes the function wait", async () => {
  const stop = Promise.withResolvers<void>();
  using server = new RawServer(async (peer) => {
    await peer.head();
    await stop.promise;
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  let drained = 0;
  const { exchange } = port.open("web", 0, () => drained++);
  exchange.sendHeaders(request("POST", "/"), false);
  const piece = new Uint8Array(64 * 1024);
  let sent = 0;
  let seen = -1;
  // Goes on while the kernel takes some; ends when nobody takes anything.
  while (sent < 64 * MiB) {
    while (exchange.sendData(piece, false)) sent += piece.length;
    sent += piece.length;
    seen = drained;
    for (let i = 0; i < 50 && drained === seen; i++) await wait(10);
    if (drained === seen) break;
  }
  assert(sent < 64 * MiB, "the function was never told to wait");
  exchange.reset();
  stop.resolve();
});

Deno.test("an answer before the request's end is whole, and what is sent after it is dropped", async () => {
  using server = new RawServer(async (peer) => {
    await peer.head();
    await peer.send("HTTP/1.1 413 Large\r\ncontent-length: 2\r\n\r\nno");
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  const { exchange, received } = port.open("web");
  exchange.sendHeaders(request("POST", "/"), false);
  const { status, body } = await received;
  assert.deepEqual([status, body], ["413", "no"]);
  assert.equal(exchange.sendData(new Uint8Array(MiB), true), true);
  assert.equal(port.broker.size, 0);
});
