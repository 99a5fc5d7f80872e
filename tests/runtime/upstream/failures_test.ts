/** What a function gets where a service does not answer as it should; texts and statuses are Envoy 1.40's. */
import assert from "node:assert/strict";
import { cluster, get, Port, RawServer, request } from "./harness.ts";

const BEFORE = "upstream connect error or disconnect/reset before headers. ";

/** A server that answers every request with `bytes` and then does nothing, or closes. */
function answering(bytes: string, closes = false): RawServer {
  return new RawServer(async (peer) => {
    await peer.head();
    await peer.send(bytes);
    if (closes) peer.close();
    else await peer.head();
  });
}

/** An address where nobody listens. */
function deadAddress(): string {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return `127.0.0.1:${port}`;
}

Deno.test("nobody listens: 503, and the log says where", async () => {
  const address = deadAddress();
  using port = new Port({ clusters: { web: cluster(address) } });
  const answer = await port.request("web", get());
  const body = `${BEFORE}reset reason: remote connection failure`;
  assert.deepEqual(answer.headers, [
    [":status", "503"],
    ["content-length", String(body.length)],
    ["content-type", "text/plain"],
  ]);
  assert.equal(answer.body, body);
  assert.match(port.failures.join(), new RegExp(`web: ${address}: .*refused`));
});

Deno.test("a name that does not resolve, and a cluster that there is not: no healthy upstream", async () => {
  using port = new Port({
    clusters: { web: cluster("http://nosuch.invalid:80") },
  });
  for (const name of ["web", "other"]) {
    const answer = await port.request(name, get());
    assert.equal(answer.status, "503");
    assert.equal(answer.body, "no healthy upstream");
  }
});

Deno.test("a service that closes before it answers: 503, and after it began: a reset", async () => {
  using early = answering("", true);
  using late = answering(
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc",
    true,
  );
  using port = new Port({
    clusters: { early: cluster(early.address), late: cluster(late.address) },
  });
  const answer = await port.request("early", get());
  assert.equal(answer.status, "503");
  assert.equal(answer.body, `${BEFORE}reset reason: connection termination`);
  const broken = await port.request("late", get());
  assert.equal(broken.status, "200");
  assert.equal(broken.events.at(-1), "reset!");
  assert.match(broken.reset ?? "", /in the middle of the response/);
});

Deno.test("a service that speaks no HTTP: 502", async () => {
  const wrong: Record<string, string> = {
    garbage: "HELLO\r\n\r\n",
    "a huge head": `HTTP/1.1 200 OK\r\nx: ${"a".repeat(100_000)}\r\n\r\n`,
    "a head without end": "x".repeat(200_000),
    "many fields": `HTTP/1.1 200 OK\r\n${"x: a\r\n".repeat(300)}\r\n`,
    "length and chunks":
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n",
    "two lengths":
      "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabc",
    "no length": "HTTP/1.1 200 OK\r\ncontent-length: -3\r\n\r\nabc",
    "a folded line": "HTTP/1.1 200 OK\r\nx-a: b\r\n c\r\n\r\n",
    "a blank before the colon": "HTTP/1.1 200 OK\r\nx-a : b\r\n\r\n",
    "a NUL": "HTTP/1.1 200 OK\r\nx-a: b\0c\r\n\r\n",
    "another coding": "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n",
    "another protocol": "HTTP/1.1 101 Switching\r\n\r\n",
    "no end of informational responses": "HTTP/1.1 102 X\r\n\r\n".repeat(30),
  };
  for (const [what, bytes] of Object.entries(wrong)) {
    using server = answering(bytes);
    using port = new Port({ clusters: { web: cluster(server.address) } });
    const answer = await port.request("web", get());
    assert.equal(answer.status, "502", what);
    assert.equal(answer.body, `${BEFORE}reset reason: protocol error`, what);
  }
});

Deno.test("chunks that are none break the response off", async () => {
  for (
    const chunk of ["zz\r\n", "3\nabc", "3\r\nabcd\r\n", "0\r\nx y\r\n\r\n"]
  ) {
    using server = answering(
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`,
    );
    using port = new Port({ clusters: { web: cluster(server.address) } });
    const answer = await port.request("web", get());
    assert.equal(answer.events.at(-1), "reset!", chunk);
  }
});

Deno.test("no response in time: 504, and one that stops in the middle: a reset", async () => {
  using silent = answering("");
  using slow = answering("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc");
  using port = new Port({
    clusters: { silent: cluster(silent.address), slow: cluster(slow.address) },
  });
  const answer = await port.request("silent", get(), { timeout: 50 });
  assert.equal(answer.status, "504");
  assert.equal(answer.body, "upstream request timeout");
  // Long enough for the first bytes to come on a busy machine.
  const broken = await port.request("slow", get(), { timeout: 2000 });
  assert.deepEqual([broken.status, broken.body], ["200", "abc"]);
  assert.match(broken.reset ?? "", /within 2000 ms/);
});

Deno.test("the time starts when the request is complete", async () => {
  using server = new RawServer(async (peer) => {
    await peer.until("0\r\n\r\n");
    await peer.send("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  const { exchange, received } = port.open("web", 2000);
  exchange.sendHeaders(request("POST", "/"), false);
  await new Promise((resolve) => setTimeout(resolve, 2100));
  exchange.sendData(new Uint8Array(0), true);
  assert.equal((await received).status, "200");
});

Deno.test("a request that HTTP cannot carry is not sent (trap 15) (trap 16)", async () => {
  let heard = 0;
  using server = new RawServer(async (peer) => {
    await peer.head();
    heard++;
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  const wrong = [
    get("/", ["x-a", "b\r\nx-c: d"]),
    get("/", ["x a", "b"]),
    get("/", ["x-a", "b\0c"]),
    get("/", ["x-a", "€"]),
    get("/a b"),
    get(""),
    get("/").filter(([name]) => !name.startsWith(":")),
    request("GET /", "/"),
    request("POST", "/", ["content-length", "3"]),
    request("POST", "/", ["content-length", "x"]),
  ];
  for (const pairs of wrong) {
    const answer = await port.request("web", pairs);
    assert.equal(answer.status, "503", JSON.stringify(pairs));
    assert.equal(answer.body, `${BEFORE}reset reason: local reset`);
  }
  assert.equal(heard, 0);
});

Deno.test("a body that is not as long as its content-length is broken off", async () => {
  using server = answering("");
  using port = new Port({ clusters: { web: cluster(server.address) } });
  for (const body of ["ab", "abcd"]) {
    const pairs = request("POST", "/", ["content-length", "3"]);
    const answer = await port.request("web", pairs, { body });
    assert.equal(answer.status, "503");
    assert.match(port.failures.pop() ?? "", /as long as its content-length/);
  }
});

Deno.test("what a function may not reach is not there for it", async () => {
  using server = answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  using port = new Port({ calls: server.address });
  assert.equal((await port.request(server.address, get())).status, "200");
  const other = server.address.replace("127.0.0.1", "localhost");
  assert.equal((await port.request(other, get())).status, "503");
  assert.equal(server.connections, 1);
});

Deno.test("a function that ends has its streams reset", async () => {
  using server = answering("");
  using port = new Port({ clusters: { web: cluster(server.address) } });
  const waiting = port.request("web", get());
  while (server.connections === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  port.broker.forget(port.fn);
  assert.equal((await waiting).reset, "the function is stopping");
  assert.equal(port.broker.size, 0);
  assert.equal(port.streams.size, 0);
});

Deno.test("a request that is given up closes its connection and is heard of no more", async () => {
  const closed = Promise.withResolvers<void>();
  using server = new RawServer(async (peer) => {
    await peer.head();
    await peer.head().catch(() => closed.resolve());
  });
  using port = new Port({ clusters: { web: cluster(server.address) } });
  const { exchange } = port.open("web");
  exchange.sendHeaders(get(), true);
  while (server.connections === 0) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  exchange.reset();
  await closed.promise;
  assert.equal(port.streams.size, 0);
  assert.equal(port.broker.size, 0);
});
