import assert from "node:assert/strict";
import { Http1Pool } from "../../../runtime/upstream/http1/pool.ts";
import { cluster, get, Port, RawServer, request } from "./harness.ts";

const OK = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

Deno.test("a small exchange is one message each way, and the head goes out as it was said", async () => {
  let head = "";
  using server = new RawServer(async (peer) => {
    head = await peer.head();
    await peer.send(
      "HTTP/1.1 201 Made\r\nX-A: 1\r\nset-cookie: a\r\nX-a:2 \r\nset-cookie: b\r\nx-byte: \xe9\r\ncontent-length: 5\r\n\r\nhello",
    );
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  const answer = await port.request(
    "web",
    get("/p?q=1", ["x-b", "1"], ["X-Byte", "\xff"], ["x-b", "2"]),
  );
  assert.equal(
    head,
    "GET /p?q=1 HTTP/1.1\r\nhost: test.example\r\nx-b: 1\r\nx-byte: \xff\r\nx-b: 2\r\n\r\n",
  );
  assert.deepEqual(answer.headers, [
    [":status", "201"],
    ["x-a", "1"],
    ["set-cookie", "a"],
    ["x-a", "2"],
    ["set-cookie", "b"],
    ["x-byte", "\xe9"],
    ["content-length", "5"],
  ]);
  assert.equal(answer.body, "hello");
  assert.deepEqual(answer.events, ["headers", "data!"]);
  assert.deepEqual(port.crossed, { out: 1, in: 1 });
});

Deno.test("requests are framed by their length, by chunks, or not at all", async () => {
  const heads: string[] = [];
  using server = new RawServer(async (peer) => {
    for (;;) {
      const head = await peer.head();
      let body = "";
      if (/chunked/.test(head)) body = await peer.until("0\r\n\r\n");
      if (/content-length: 3/.test(head)) body = await peer.until("abc");
      heads.push(head.split("\r\n").slice(2).join("|") + body);
      await peer.send(OK);
    }
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  await port.request("web", get());
  await port.request("web", request("DELETE", "/"));
  await port.request("web", request("POST", "/"));
  await port.request("web", request("POST", "/", ["content-length", "3"]), {
    body: "abc",
  });
  await port.request("web", request("PUT", "/"), { body: "hello" });
  assert.deepEqual(heads, [
    "|",
    "|",
    "content-length: 0||",
    "content-length: 3||abc",
    "transfer-encoding: chunked||5\r\nhello\r\n0\r\n\r\n",
  ]);
  assert.equal(server.connections, 1, "the connection was not kept");
});

Deno.test("fields of one connection stay on it", async () => {
  let head = "";
  using server = new RawServer(async (peer) => {
    head = await peer.head();
    await peer.send(OK);
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  await port.request(
    "web",
    get(
      "/",
      ["connection", "x-a"],
      ["keep-alive", "1"],
      ["te", "gzip, trailers"],
      ["upgrade", "h2c"],
      ["host", "other"],
    ),
  );
  assert.equal(
    head,
    "GET / HTTP/1.1\r\nhost: test.example\r\nte: trailers\r\n\r\n",
  );
});

Deno.test("trailers go both ways", async () => {
  let sent = "";
  using server = new RawServer(async (peer) => {
    await peer.head();
    sent = await peer.until("\r\n\r\n");
    await peer.send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-T: 1\r\nx-t: 2\r\n\r\n",
    );
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  const answer = await port.request("web", request("POST", "/"), {
    body: "body",
    trailers: [["x-sum", "9"]],
  });
  assert.equal(sent, "4\r\nbody\r\n0\r\nx-sum: 9\r\n\r\n");
  assert.equal(answer.body, "abc");
  assert.deepEqual(answer.trailers, [["x-t", "1"], ["x-t", "2"]]);
  assert.deepEqual(answer.events, ["headers", "data", "trailers!"]);
});

Deno.test("a response is the same however its bytes are cut", async () => {
  const whole =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\n" +
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\nx-a: b\r\n\r\n" +
    "3\r\nabc\r\nA\r\n0123456789\r\n0\r\nx-t: 1\r\n\r\n";
  using server = new RawServer(async (peer) => {
    for (;;) {
      const cut = Number(/\/([0-9]+)/.exec(await peer.head())![1]);
      for (let at = 0; at < whole.length; at += cut) {
        await peer.send(whole.slice(at, at + cut));
        await new Promise((resolve) => setTimeout(resolve));
      }
    }
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  for (const cut of [1, 2, 3, 7, 64, 1000]) {
    const answer = await port.request("web", get(`/${cut}`));
    assert.deepEqual(answer.headers, [
      [":status", "200"],
      ["transfer-encoding", "chunked"],
      ["x-a", "b"],
    ], `cut at ${cut}`);
    assert.equal(answer.body, "abc0123456789", `cut at ${cut}`);
    assert.deepEqual(answer.trailers, [["x-t", "1"]], `cut at ${cut}`);
  }
});

Deno.test("HEAD, 204 and 304 have no body whatever their fields say", async () => {
  using server = new RawServer(async (peer) => {
    for (;;) {
      const [, status] = /\/([0-9]+)/.exec(await peer.head())!;
      await peer.send(`HTTP/1.1 ${status} X\r\ncontent-length: 10\r\n\r\n`);
    }
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  for (
    const [method, status] of [["HEAD", 200], ["GET", 204], ["GET", 304]]
  ) {
    const pairs = request(String(method), `/${status}`);
    const answer = await port.request("web", pairs);
    assert.deepEqual(answer.events, ["headers!"], `${method} ${status}`);
  }
  assert.equal(server.connections, 1);
});

Deno.test("a body without a length ends with its connection, which then is not used again", async () => {
  using server = new RawServer(async (peer) => {
    await peer.head();
    await peer.send("HTTP/1.0 200 OK\r\n\r\nall there is");
    peer.close();
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  for (let i = 0; i < 2; i++) {
    const answer = await port.request("web", get());
    assert.equal(answer.body, "all there is");
    assert.equal(answer.reset, undefined);
  }
  assert.equal(server.connections, 2);
});

Deno.test("a connection that the server says it closes, or closes while it is idle, is not used again", async () => {
  using server = new RawServer(async (peer, n) => {
    await peer.head();
    await peer.send(
      n === 1 ? OK.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n") : OK,
    );
    peer.close();
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  for (let i = 0; i < 4; i++) {
    const answer = await port.request("web", get());
    assert.equal(answer.body, "ok");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(server.connections, 4);
});

Deno.test("endpoints take turns", async () => {
  const asked: number[] = [];
  const serve = (n: number) =>
    new RawServer(async (peer) => {
      for (;;) {
        await peer.head();
        asked.push(n);
        await peer.send(OK);
      }
    });
  using one = serve(1);
  using two = serve(2);
  const web = cluster(one.address, {
    endpoints: [one, two].map(({ port }) => ({ host: "127.0.0.1", port })),
  });
  using port = new Port({ clusters: { web } });
  for (let i = 0; i < 4; i++) await port.request("web", get());
  assert.deepEqual(asked, [1, 2, 1, 2]);
});

Deno.test("a pool has so many connections, then so many requests wait, then it overflows", async () => {
  using server = new RawServer(async (peer) => {
    for (;;) {
      await peer.head();
      await peer.send(OK);
    }
  });
  const pool = new Http1Pool(
    () => Deno.connect({ hostname: "127.0.0.1", port: server.port }),
    { connections: 1, waiting: 1 },
  );
  const first = await pool.take();
  const second = pool.take();
  assert.throws(
    () => pool.take(),
    /1 connections are busy and 1 requests wait/,
  );
  pool.give(first);
  assert.equal(await second, first);
  const third = pool.take();
  first.close();
  assert.notEqual(await third, first, "one that closed is replaced");
  assert.equal(pool.size, 1);
  pool.close();
});
