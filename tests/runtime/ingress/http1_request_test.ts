/** What is a request, and what of it an answerer sees (RFC 9112 §2, §3, §5). */
import assert from "node:assert/strict";
import { echo, ok, Server, statuses } from "./http1.ts";

const HOST = "host: a\r\n\r\n";

Deno.test("methods, targets in all their forms and versions are taken", async () => {
  await using server = new Server(echo);
  const cases: [string, string][] = [
    [`GET / HTTP/1.1\r\n${HOST}`, "GET a / host=a"],
    [`get /p?q=1&r HTTP/1.1\r\n${HOST}`, "get a /p?q=1&r host=a"],
    [`M-!# //x HTTP/1.1\r\n${HOST}`, "M-!# a //x host=a"],
    [`GET /\xe9\xff HTTP/1.1\r\n${HOST}`, "GET a /\xe9\xff host=a"],
    [`GET http://b:1/x?y HTTP/1.1\r\n${HOST}`, "GET b:1 /x?y host=b:1"],
    [`GET HTTPS://b?y HTTP/1.1\r\n${HOST}`, "GET b /?y host=b"],
    [`GET http://b HTTP/1.1\r\n${HOST}`, "GET b / host=b"],
    [`OPTIONS * HTTP/1.1\r\n${HOST}`, "OPTIONS a * host=a"],
    [`GET / HTTP/1.1\r\nhost:\r\n\r\n`, "GET  / host="],
    [
      `GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n`,
      "GET [::1]:80 / host=[::1]:80",
    ],
    // Line ends and empty lines that RFC 9112 §2.2 lets pass.
    [`\r\n\n\r\nGET / HTTP/1.1\r\n${HOST}`, "GET a / host=a"],
    [`GET / HTTP/1.1\nhost: a\n\n`, "GET a / host=a"],
  ];
  for (const [said, heard] of cases) {
    assert.equal(await server.talk(said), ok(heard), said);
  }
  assert.equal(
    await server.talk("GET / HTTP/1.0\r\n\r\n"),
    ok("GET  / ", false),
  );
});

Deno.test("what is no request line is refused, and why is said with the status", async () => {
  await using server = new Server(echo);
  const cases: [string, number][] = [
    ["GET /", 400],
    ["GET", 400],
    [" GET / HTTP/1.1", 400],
    ["GET  / HTTP/1.1", 400],
    ["GET / HTTP/1.1 ", 400],
    ["GET /a b HTTP/1.1", 400],
    ["GET\t/ HTTP/1.1", 400],
    ["GET /\tHTTP/1.1", 400],
    ["GET  HTTP/1.1", 400],
    ["G(T / HTTP/1.1", 400],
    ["G\xc9T / HTTP/1.1", 400],
    [`${"M".repeat(65)} / HTTP/1.1`, 400],
    ["GET /a\x01 HTTP/1.1", 400],
    ["GET /a\0 HTTP/1.1", 400],
    ["GET /a\x7f HTTP/1.1", 400],
    ["GET /a\rb HTTP/1.1", 400],
    ["GET /a#b HTTP/1.1", 400],
    ["GET a HTTP/1.1", 400],
    ["GET * HTTP/1.1", 400],
    ["GET ftp://a/ HTTP/1.1", 400],
    ["GET http:///x HTTP/1.1", 400],
    ["GET http://u@b/ HTTP/1.1", 400],
    ["GET http://b\\c/ HTTP/1.1", 400],
    ["GET / http/1.1", 400],
    ["GET / HTTP/1.10", 400],
    ["GET / HTTP/1", 400],
    ["GET / HTTP/1.1\r", 400],
    ["CONNECT a:80 HTTP/1.1", 501],
    ["GET / HTTP/0.9", 505],
    ["GET / HTTP/1.2", 505],
    ["GET / HTTP/2.0", 505],
    ["PRI * HTTP/2.0", 505],
  ];
  for (const [line, status] of cases) {
    const heard = await server.talk(
      `${line}\r\n${HOST}GET /next HTTP/1.1\r\n${HOST}`,
    );
    assert.deepEqual(statuses(heard), [status], line);
    assert.match(heard, /connection: close\r\n/);
    assert.match(heard, /\{"error":"the request has [^"]/, line);
  }
});

Deno.test("a request of HTTP/1.1 has one host, which can be nothing but that", async () => {
  await using server = new Server(echo);
  const cases = [
    "GET / HTTP/1.1\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nhost: a\r\nhost: a\r\n\r\n",
    "GET / HTTP/1.0\r\nhost: a\r\nhost: b\r\n\r\n",
    ...["a/b", "a?b", "a#b", "a\\b", "u@a", "a b", "a\tb"].map((host) =>
      `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`
    ),
    "GET http://a/ HTTP/1.1\r\nhost: a/b\r\n\r\n",
  ];
  for (const said of cases) {
    assert.deepEqual(statuses(await server.talk(said)), [400], said);
  }
});

Deno.test("fields come in their order, in lower case and without blanks around", async () => {
  await using server = new Server(echo);
  assert.equal(
    await server.talk(
      "GET / HTTP/1.1\r\nX-A: 1\r\nHOST:a\r\nx-a:\t 2 \t\r\nx-empty:\r\n" +
        "X-B: \xe9\xff:b\r\nX-Forwarded-For: c  d\r\n\r\n",
    ),
    ok(
      "GET a / x-a=1&host=a&x-a=2&x-empty=&x-b=\xe9\xff:b&x-forwarded-for=c  d",
    ),
  );
});

Deno.test("what is no field is refused", async () => {
  await using server = new Server(echo);
  const lines = [
    "x-a : 1",
    "x a: 1",
    " x-a: 1",
    "\tfolded",
    "x-b: 1\r\n folded",
    "no colon",
    ": nameless",
    "x-\xe9: 1",
    "x(a): 1",
    "x-a: 1\rx-b: 2",
    "x-a: 1\r",
    "\r",
    "x-a: \0",
    "x-a: \x01",
    "x-a: \x0b",
    "x-a: \x7f",
    "x-\0a: 1",
  ];
  for (const line of lines) {
    for (const said of [`${line}\r\nhost: a`, `host: a\r\n${line}`]) {
      const heard = await server.talk(
        `GET / HTTP/1.1\r\n${said}\r\n\r\nGET / HTTP/1.1\r\n${HOST}`,
      );
      assert.deepEqual(statuses(heard), [400], JSON.stringify(said));
    }
  }
});

Deno.test("more than a head may have is refused, and as much is not", async () => {
  await using server = new Server(echo);
  const head = (fields: string) => `GET / HTTP/1.1\r\nhost: a\r\n${fields}\r\n`;
  const fields = (count: number) => head("x: y\r\n".repeat(count));
  assert.deepEqual(statuses(await server.talk(fields(255))), [200]);
  assert.deepEqual(statuses(await server.talk(fields(256))), [431]);
  const bytes = (count: number) =>
    head(`x: ${"y".repeat(count - head("x: \r\n").length)}\r\n`);
  assert.deepEqual(statuses(await server.talk(bytes(96 * 1024))), [200]);
  assert.deepEqual(statuses(await server.talk(bytes(96 * 1024 + 1))), [431]);
  // Whoever never ends is told while still sending.
  const client = await server.connect(`GET /${"x".repeat(100_000)}`);
  assert.match(await client.rest(), /^HTTP\/1\.1 431 /);
});

Deno.test("fields of the connection, and those it names, are not passed on", async () => {
  await using server = new Server(echo);
  assert.equal(
    await server.talk(
      "GET / HTTP/1.1\r\nhost: a\r\nconnection: X-A , keep-alive\r\nx-a: 1\r\n" +
        "keep-alive: 5\r\nproxy-connection: x\r\nupgrade: h2c\r\nx-b: 2\r\n" +
        "te: trailers\r\nConnection: x-c\r\nx-c: 3\r\n\r\n",
    ),
    ok("GET a / host=a&x-b=2&te=trailers"),
  );
});
