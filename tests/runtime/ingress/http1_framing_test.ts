/** Where the body of a request ends, so that nobody hides another request in it (RFC 9112 §6, §7). */
import assert from "node:assert/strict";
import { echo, ok, Server, statuses } from "./http1.ts";

const POST = "POST / HTTP/1.1\r\nhost: a\r\n";
const NEXT = "GET /next HTTP/1.1\r\nhost: a\r\n\r\n";
const NEXT_OK = ok("GET a /next host=a");
const CHUNKED = `${POST}transfer-encoding: chunked\r\n\r\n`;

Deno.test("a length says how much of what follows is the body", async () => {
  await using server = new Server(echo);
  const cases: [string, string][] = [
    ["content-length: 3\r\n\r\nabc", "content-length=3 abc"],
    ["Content-Length:003 \r\n\r\nabc", "content-length=003 abc"],
    ["content-length: 0\r\n\r\n", "content-length=0"],
    [
      "content-length: 1\r\ncontent-length: 1\r\n\r\na",
      "content-length=1&content-length=1 a",
    ],
    ["x: y\r\n\r\n", "x=y"],
  ];
  for (const [said, heard] of cases) {
    assert.equal(
      await server.talk(POST + said + NEXT),
      ok(`POST a / host=a&${heard}`) + NEXT_OK,
    );
  }
});

Deno.test("a body that is framed in two ways or in none known is refused, and nothing after it is heard", async () => {
  await using server = new Server(echo);
  const cases: [string, number][] = [
    ["content-length: 3\r\ntransfer-encoding: chunked", 400],
    ["transfer-encoding: chunked\r\ncontent-length: 3", 400],
    ["content-length: 0\r\ntransfer-encoding: chunked", 400],
    ["content-length: 1\r\ncontent-length: 2", 400],
    ["content-length: 1\r\ncontent-length: 01", 400],
    ...["+1", "-1", "0x1", "1,1", "1, 1", "1 1", "1.0", "1e1", "", "a", "1;"]
      .map((length): [string, number] => [`content-length: ${length}`, 400]),
    [`content-length: ${"9".repeat(16)}`, 400],
    ["content-length: \xb2", 400],
    ["content-length : 3", 400],
    ["transfer-encoding : chunked", 400],
    ["transfer-encoding\t: chunked", 400],
    ["transfer-encoding: gzip", 501],
    ["transfer-encoding: gzip, chunked", 501],
    ["transfer-encoding: chunked, gzip", 501],
    ["transfer-encoding: chunked, chunked", 501],
    ["transfer-encoding: chunked\r\ntransfer-encoding: chunked", 501],
    ["transfer-encoding: identity", 501],
    ["transfer-encoding: xchunked", 501],
    ['transfer-encoding: "chunked"', 501],
    ["transfer-encoding:", 501],
    ["transfer-encoding: chunked\x0b", 400],
    ["transfer-encoding:\x0bchunked", 400],
    ["transfer-encoding: \xa0chunked", 501],
    ["transfer-encoding:\r\n chunked", 400],
  ];
  for (const [field, status] of cases) {
    const heard = await server.talk(`${POST}${field}\r\n\r\n${NEXT}`);
    assert.deepEqual(statuses(heard), [status], field);
  }
  const old = "POST / HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n";
  assert.deepEqual(statuses(await server.talk(old + NEXT)), [400]);
});

Deno.test("chunks make a body, whatever else is said of them", async () => {
  await using server = new Server(echo);
  const cases: [string, string][] = [
    ["0\r\n\r\n", ""],
    ["3\r\nabc\r\n0\r\n\r\n", "abc"],
    [
      "A\r\n0123456789\r\na\r\n0123456789\r\n00\r\n\r\n",
      "01234567890123456789",
    ],
    ['3;x\r\nabc\r\n0;y="z"\r\n\r\n', "abc"],
    ["3 ;x=\t\r\nabc\r\n0 \r\n\r\n", "abc"],
    ["000000000003\r\nabc\r\n0\r\n\r\n", "abc"],
    ["3\r\n\r\n0\r\n0\r\n\r\n", "\r\n0"],
    ["1\r\na\r\n0\r\nX-T: 1\r\nx-u:\r\n\r\n", `a [["x-t","1"],["x-u",""]]`],
    [`1;${"x".repeat(4093)}\r\na\r\n0\r\n\r\n`, "a"],
  ];
  for (const [said, body] of cases) {
    assert.equal(
      await server.talk(CHUNKED + said + NEXT),
      ok(`POST a / host=a ${body}`) + NEXT_OK,
      said,
    );
  }
});

Deno.test("what are no chunks is refused, and nothing after it is heard", async () => {
  await using server = new Server(echo);
  const cases: [string, number?][] = [
    ["g\r\n"],
    ["\r\n"],
    [" 3\r\nabc\r\n0\r\n\r\n"],
    ["-3\r\nabc\r\n0\r\n\r\n"],
    ["+3\r\nabc\r\n0\r\n\r\n"],
    ["0x3\r\nabc\r\n0\r\n\r\n"],
    ["3 3\r\nabc\r\n0\r\n\r\n"],
    ["3_0\r\nabc\r\n0\r\n\r\n"],
    ["0000000000003\r\nabc\r\n0\r\n\r\n"],
    ["ffffffffffffffff1\r\nabc\r\n0\r\n\r\n"],
    ["3\nabc\r\n0\r\n\r\n"],
    ["3;x\nabc\r\n0\r\n\r\n"],
    ["3;x\rabc\r\n0\r\n\r\n"],
    ["3\r\rabc\r\n0\r\n\r\n"],
    ["3\rabc\r\n0\r\n\r\n"],
    ["3\r\nabc0\r\n\r\n"],
    ["3\r\nabc\n0\r\n\r\n"],
    ["3\r\nabc\r0\r\n\r\n"],
    ["3\r\nabcd\r\n0\r\n\r\n"],
    ["3\r\nab\r\n0\r\n\r\n"],
    ["3\r\nabc\r\n\r\n0\r\n\r\n"],
    [`1;${"x".repeat(4094)}\r\na\r\n0\r\n\r\n`],
    ["0\r\n\n"],
    ["0\r\nx: y\n\r\n"],
    ["0\r\nx : y\r\n\r\n"],
    ["0\r\n x: y\r\n\r\n"],
    ["0\r\nx\r\n\r\n"],
    ["0\r\nGET / HTTP/1.1\r\n\r\n"],
    ["0\r\nx: \0\r\n\r\n"],
    [`0\r\n${"x: y\r\n".repeat(257)}\r\n`, 431],
    [`0\r\nx: ${"y".repeat(96 * 1024)}\r\n\r\n`, 431],
  ];
  for (const [said, status = 400] of cases) {
    const heard = await server.talk(CHUNKED + said + NEXT);
    assert.deepEqual(statuses(heard), [status], said.slice(0, 40));
    assert.match(heard, /connection: close\r\n/);
  }
});

Deno.test("a body that is no chunks says so to whoever reads it, who may answer", async () => {
  await using server = new Server((request, reply) => {
    request.body!.read({
      data: () => {},
      trailers: () => {},
      broken: () => reply.whole(422, [], new Uint8Array(0)),
    });
  });
  assert.equal(
    await server.talk(`${CHUNKED}1\r\nab\r\n${NEXT}`),
    "HTTP/1.1 422 Unprocessable Content\r\ncontent-length: 0\r\n" +
      "connection: close\r\n\r\n",
  );
});
