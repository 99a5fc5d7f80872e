/** What a handler is told of a request that came by HTTP/2. */
import assert from "node:assert/strict";
import type { Pair } from "../../../runtime/http/fields.ts";
import {
  ALL,
  block,
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
  RST_STREAM,
  Server,
  SETTINGS,
} from "./http2_harness.ts";

const NO_ERROR = 0;
const NONE = new Uint8Array(0);
const ENHANCE_YOUR_CALM = 11;

Deno.test("a request's head comes as it was said, without what belongs to HTTP/2", async () => {
  await using server = new Server();
  using client = await Client.connect(
    server.port,
    frame(
      HEADERS,
      ALL,
      1,
      head(
        "GET",
        "/p\xe9?q=1",
        ["x-b", "1"],
        ["cookie", "a=1"],
        ["x-a", "h\xc3\xa9\xff"],
        ["x-b", "2"],
        ["cookie", "b=2"],
        ["te", "trailers"],
      ),
    ),
  );
  const [request, reply] = await server.asked();
  reply.whole(200, [], NONE);
  const { method, path, authority, scheme, headers, facts, body } = request;
  assert.deepEqual(
    { method, path, authority, scheme, headers, body },
    {
      method: "GET",
      path: "/p\xe9?q=1",
      authority: "test.example",
      scheme: "http",
      headers: [
        ["x-b", "1"],
        ["cookie", "a=1; b=2"],
        ["x-a", "h\xc3\xa9\xff"],
        ["x-b", "2"],
        ["te", "trailers"],
      ],
      body: undefined,
    },
  );
  assert.equal(facts.protocol, "HTTP/2");
  assert.equal(facts.destination?.port, server.port);
  await client.frame(HEADERS, 1);
});

Deno.test("streams of a connection are of one connection", async () => {
  await using server = new Server();
  const get = head("GET", "/");
  using one = await Client.connect(
    server.port,
    frame(HEADERS, ALL, 1, get),
    frame(HEADERS, ALL, 3, get),
  );
  const [[first], [second]] = [await server.asked(), await server.asked()];
  using _other = await Client.connect(server.port, frame(HEADERS, ALL, 1, get));
  const [third] = await server.asked();
  assert.equal(first.facts.connectionId, second.facts.connectionId);
  assert.notEqual(first.facts.connectionId, third.facts.connectionId);
  assert.deepEqual(await one.rest(), []);
});

Deno.test("a host is the authority where none is given, and is dropped beside one", async () => {
  await using server = new Server();
  const fields: Pair[] = [[":method", "GET"], [":path", "/"], [
    ":scheme",
    "https",
  ]];
  using _client = await Client.connect(
    server.port,
    frame(HEADERS, ALL, 1, block(...fields, ["host", "a:1"])),
    frame(HEADERS, ALL, 3, head("GET", "/", ["host", "other"])),
  );
  const [alone] = await server.asked();
  assert.equal(alone.authority, "a:1");
  assert.equal(alone.scheme, "https");
  assert.deepEqual(alone.headers, [["host", "a:1"]]);
  const [beside] = await server.asked();
  assert.equal(beside.authority, "test.example");
  assert.deepEqual(beside.headers, []);
});

const GET: Pair[] = [[":method", "GET"], [":scheme", "http"]];
const REFUSED: [why: RegExp, fields: Pair[]][] = [
  [/the method CONNECT/, [[":method", "CONNECT"], [":authority", "a:443"]]],
  [/the target .*a#b/, [...GET, [":path", "/a#b"], [":authority", "a"]]],
];

for (const [why, fields] of REFUSED) {
  Deno.test(`what HTTP/1.1 refuses is refused, and the next request is answered (${why})`, async () => {
    await using server = new Server((_, reply) => reply.whole(204, [], NONE));
    using client = await Client.connect(
      server.port,
      frame(HEADERS, END_HEADERS, 1, block(...fields)),
    );
    const { payload } = await client.frame(DATA, 1);
    assert.match(new TextDecoder().decode(payload), why);
    await client.say(frame(HEADERS, ALL, 3, head("GET", "/")));
    assert.equal((await client.frame(HEADERS, 3)).flags & END_STREAM, 1);
  });
}

const MALFORMED: Record<string, number[]> = {
  "a field of the connection": head("GET", "/", ["connection", "close"]),
  "a name in upper case": head("GET", "/", ["X-A", "1"]),
  "no path": block([":method", "GET"], [":scheme", "http"]),
  "white space in the path": head("GET", "/ HTTP/1.1"),
  "more than a host as authority": block(
    [":method", "GET"],
    [":path", "/"],
    [":scheme", "http"],
    [":authority", "a@b/c"],
  ),
  "more than a host as host": block(
    [":method", "GET"],
    [":path", "/"],
    [":scheme", "http"],
    ["host", "a/b"],
  ),
  "two lengths": head("GET", "/", ["content-length", "0"], [
    "content-length",
    "0",
  ]),
};

for (const [what, fields] of Object.entries(MALFORMED)) {
  Deno.test(`a request with ${what} is nobody's`, async () => {
    await using server = new Server();
    using client = await Client.connect(
      server.port,
      frame(HEADERS, ALL, 1, fields),
    );
    const { payload } = await client.frame(GOAWAY);
    assert.notEqual(payload[7], 0);
    await client.ended();
    assert.equal(server.unanswered, 0);
  });
}

Deno.test("what is no HTTP/2 after all ends its connection", async () => {
  await using server = new Server();
  using client = await Client.connect(
    server.port,
    frame(SETTINGS, 0, 0, [1, 2, 3]),
  );
  assert.notEqual(codeOf(await client.frame(GOAWAY)), NO_ERROR);
  await client.ended();
});

Deno.test("a field that HTTP cannot carry is dropped", async () => {
  await using server = new Server();
  using _client = await Client.connect(
    server.port,
    frame(
      HEADERS,
      ALL,
      1,
      head("GET", "/", ["x-a", "1\r\nx-b: 2"], ["x-c", "a\0b"], ["x-d", "1"]),
    ),
  );
  const [{ headers }] = await server.asked();
  assert.deepEqual(headers, [["x-d", "1"]]);
});

const LONG = Array.from(
  { length: 110 },
  (_, i): Pair => [`x-${i}`, "y".repeat(992)],
);

for (
  const [what, fields, acknowledged] of [
    ["300 fields", Array.from({ length: 300 }, (_, i) => [`x-${i}`, ""]), []],
    ["a head of 110 KiB", LONG, []],
    ["a head of 110 KiB, whose client knows our settings,", LONG, [
      frame(SETTINGS, 1, 0),
    ]],
  ] as [string, Pair[], Uint8Array[]][]
) {
  Deno.test(`a request with ${what} is refused, and the connection goes on`, async () => {
    await using server = new Server();
    using client = await Client.connect(server.port, ...acknowledged);
    const bytes = Uint8Array.from(head("GET", "/", ...fields));
    await client.say(
      ...split(bytes),
      frame(HEADERS, ALL, 3, head("GET", "/two")),
    );
    const reset = await client.frame(RST_STREAM, 1);
    assert.equal(codeOf(reset), ENHANCE_YOUR_CALM);
    const [{ path }] = await server.asked();
    assert.equal(path, "/two");
  });
}

/** A head in as many frames as it takes. */
function split(head: Uint8Array): Uint8Array[] {
  const frames: Uint8Array[] = [];
  for (let at = 0; at < head.length; at += 16384) {
    const last = at + 16384 >= head.length ? END_HEADERS : 0;
    frames.push(
      frame(
        at === 0 ? HEADERS : CONTINUATION,
        at === 0 ? last | END_STREAM : last,
        1,
        head.subarray(at, at + 16384),
      ),
    );
  }
  return frames;
}
