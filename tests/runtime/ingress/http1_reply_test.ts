/** How answers are written, and where their bodies end (RFC 9112 §4, §6.3). */
import assert from "node:assert/strict";
import { bytesOf } from "../../../runtime/http/write.ts";
import type { Pair } from "../../../runtime/http/fields.ts";
import type { Handler, Reply } from "../../../runtime/ingress/incoming.ts";
import { answer, Server } from "./http1.ts";

const GET = "GET / HTTP/1.1\r\nhost: a\r\n\r\n";
const HEAD = "HEAD / HTTP/1.1\r\nhost: a\r\n\r\n";
const OLD = "GET / HTTP/1.0\r\n\r\n";

/** What a client hears that says so much, where all its requests are answered alike. */
async function heard(
  said: string,
  act: (reply: Reply) => void,
): Promise<string> {
  const handler: Handler = (_, reply) => act(reply);
  await using server = new Server(handler);
  return await server.talk(said);
}

function parts(fields: Pair[], texts: string[], trailers?: Pair[]) {
  return (reply: Reply) => {
    reply.head(200, fields);
    for (const text of texts) reply.data(bytesOf(text));
    reply.end(trailers);
  };
}

const LENGTH_5: Pair[] = [["content-length", "5"]];

Deno.test("a whole answer has its length, whatever its fields say", async () => {
  const cases: Pair[][] = [
    [],
    LENGTH_5,
    [["content-length", "x"]],
    [["transfer-encoding", "chunked"]],
    [["content-length", "1"], ["content-length", "2"]],
  ];
  for (const fields of cases) {
    assert.equal(
      await heard(
        GET + GET,
        (reply) => reply.whole(200, fields, bytesOf("hi")),
      ),
      "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".repeat(2),
    );
  }
  assert.equal(
    await heard(
      GET,
      (reply) => reply.whole(599, [["x-a", "\xe9"]], bytesOf("")),
    ),
    "HTTP/1.1 599 \r\nx-a: \xe9\r\ncontent-length: 0\r\n\r\n",
  );
});

Deno.test("an answer has a date, its own or ours", async () => {
  const date = async (fields: Pair[]) => {
    await using server = new Server((_, reply) =>
      reply.whole(200, fields, bytesOf(""))
    );
    const client = await server.connect(GET);
    const buffer = new Uint8Array(1024);
    const count = await client.conn.read(buffer);
    const text = new TextDecoder().decode(buffer.subarray(0, count!));
    return [...text.matchAll(/\r\ndate: ([^\r]*)/g)].map(([, date]) => date!);
  };
  assert.deepEqual(await date([["date", "today"]]), ["today"]);
  // One that cannot be sent is none.
  assert.equal((await date([["date", "to\nday"]])).length, 1);
  assert.equal((await date([["date", "\u0101"]])).length, 1);
  const [ours, ...more] = await date([]);
  assert.equal(new Date(ours!).toUTCString(), ours);
  assert.deepEqual(more, []);
});

Deno.test("a field that could end the answer and begin another is left out", async () => {
  const fields: Pair[] = [
    ["x-a", "1\r\n\r\nHTTP/1.1 200 OK"],
    ["x-b\r\nx-c", "1"],
    ["x-d", "\u010d\u010a"],
    ["x-e", "a\nb"],
    ["x-f", "\0"],
    ["x g", "1"],
    ["", "1"],
    ["x-h", "ok"],
  ];
  assert.equal(
    await heard(GET, (reply) => reply.whole(200, fields, bytesOf(""))),
    "HTTP/1.1 200 OK\r\nx-h: ok\r\ncontent-length: 0\r\n\r\n",
  );
  const trailers = [...fields, ...LENGTH_5, ["transfer-encoding", "x"] as Pair];
  assert.match(
    await heard(
      "GET / HTTP/1.1\r\nhost: a\r\nte: trailers\r\n\r\n",
      parts([], [], trailers),
    ),
    /chunked\r\n\r\n0\r\nx-h: ok\r\n\r\n$/,
  );
});

Deno.test("answers that have no body have none, and the next answer is understood", async () => {
  const whole = (status: number) => (reply: Reply) =>
    reply.whole(status, LENGTH_5, bytesOf("hello"));
  const streamed = (status: number) => (reply: Reply) => {
    reply.head(status, []);
    reply.data(bytesOf("hello"));
    reply.end([["x", "y"]]);
  };
  const cases: [string, (reply: Reply) => void, string][] = [
    [GET, whole(204), "204 No Content\r\n"],
    [GET, streamed(204), "204 No Content\r\n"],
    [GET, whole(304), "304 Not Modified\r\ncontent-length: 5\r\n"],
    [GET, streamed(304), "304 Not Modified\r\n"],
    [GET, whole(205), "205 \r\ncontent-length: 0\r\n"],
    [GET, streamed(205), "205 \r\ncontent-length: 0\r\n"],
    [HEAD, whole(200), "200 OK\r\ncontent-length: 5\r\n"],
    [HEAD, streamed(200), "200 OK\r\n"],
    [HEAD, parts(LENGTH_5, []), "200 OK\r\ncontent-length: 5\r\n"],
    [HEAD, (r) => answer(r, "hi"), "200 OK\r\ncontent-length: 2\r\n"],
    [HEAD, whole(204), "204 No Content\r\n"],
  ];
  for (const [said, act, head] of cases) {
    assert.equal(
      await heard(said + said, act),
      `HTTP/1.1 ${head}\r\n`.repeat(2),
      head,
    );
  }
});

Deno.test("an answer in parts is in chunks, of its length, or until the end", async () => {
  assert.equal(
    await heard(GET + GET, parts([], ["hello", "", " world"])),
    ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" +
      "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n").repeat(2),
  );
  assert.equal(
    await heard(GET + GET, parts(LENGTH_5, ["he", "llo"])),
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello".repeat(2),
  );
  const keep = OLD.replace("\r\n\r\n", "\r\nconnection: keep-alive\r\n\r\n");
  assert.equal(
    await heard(keep + keep, parts([], ["hel", "lo"])),
    "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello",
  );
  assert.equal(
    await heard(keep + keep, parts(LENGTH_5, ["hello"])),
    ("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n" +
      "connection: keep-alive\r\n\r\nhello").repeat(2),
  );
});

Deno.test("trailers follow chunks, and nothing else", async () => {
  const act = parts([], ["a"], [["grpc-status", "0"], ["x", "y"]]);
  assert.match(
    await heard(GET, act),
    /\r\n\r\n1\r\na\r\n0\r\ngrpc-status: 0\r\nx: y\r\n\r\n$/,
  );
  assert.match(await heard(OLD, act), /\r\n\r\na$/);
  const sized = parts(LENGTH_5, ["hello"], [["x", "y"]]);
  assert.match(await heard(GET, sized), /\r\n\r\nhello$/);
});

Deno.test("an answer with more or less than it announced is broken off, and no other follows", async () => {
  const head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n";
  assert.equal(
    await heard(GET + GET, parts(LENGTH_5, ["hell"])),
    `${head}hell`,
  );
  assert.equal(
    await heard(GET + GET, parts(LENGTH_5, ["hell", "ooo"])),
    `${head}hell`,
  );
});

Deno.test("a reset ends the connection, with what was said before", async () => {
  assert.equal(await heard(GET + GET, (reply) => reply.reset("a test")), "");
  assert.equal(
    await heard(GET + GET, (reply) => {
      reply.head(200, []);
      reply.data(bytesOf("hello"));
      reply.reset("a test");
    }),
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n",
  );
});

Deno.test("what is said after the end, or twice, is not heard", async () => {
  assert.equal(
    await heard(GET + GET, (reply) => {
      answer(reply, "hi");
      answer(reply, "no");
      reply.head(500, []);
      reply.data(bytesOf("no"));
      reply.end();
      reply.reset("a test");
    }),
    "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi".repeat(2),
  );
  assert.equal(
    await heard(GET, (reply) => {
      reply.head(200, LENGTH_5);
      reply.head(500, []);
      answer(reply, "no");
      reply.data(bytesOf("hello"));
      reply.end();
    }),
    "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
  );
});
