/** How answers go out by HTTP/2. */
import assert from "node:assert/strict";
import { type ClientHttp2Session, connect } from "node:http2";
import type { Pair } from "../../../runtime/http/fields.ts";
import type { Reply } from "../../../runtime/ingress/incoming.ts";
import {
  ALL,
  Client,
  codeOf,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  head,
  HEADERS,
  latin1,
  RST_STREAM,
  Server,
} from "./http2_harness.ts";

const NONE = new Uint8Array(0);
const NO_ERROR = 0;
const INTERNAL_ERROR = 2;

interface Answer {
  head: Pair[];
  body: string;
  trailers: Pair[];
  /** The code that the stream ended with. */
  code: number;
}

Deno.test("a whole answer has the length it has, a date, and nothing of the connection", async () => {
  const { head, body } = await answer((reply) =>
    reply.whole(200, [
      ["set-cookie", "a"],
      ["content-length", "99"],
      ["connection", "close"],
      ["transfer-encoding", "chunked"],
      ["te", "gzip"],
      ["x-a", " 1\t"],
      ["set-cookie", "b"],
      ["x-byte", "\xe9"],
    ], latin1("hello"))
  );
  assert.equal(body, "hello");
  assert.deepEqual(head.filter(([name]) => name !== "date"), [
    [":status", "200"],
    ["set-cookie", "a"],
    ["x-a", "1"],
    ["set-cookie", "b"],
    ["x-byte", "\xe9"],
    ["content-length", "5"],
  ]);
  assert.equal(head.filter(([name]) => name === "date").length, 1);
});

Deno.test("a date that is given stays the only one", async () => {
  const { head } = await answer((reply) =>
    reply.whole(404, [["date", "then"]], NONE)
  );
  assert.deepEqual(head, [
    [":status", "404"],
    ["date", "then"],
    ["content-length", "0"],
  ]);
});

for (
  const [what, method, status, length] of [
    ["to HEAD", "HEAD", 200, "5"],
    ["of status 204", "GET", 204, undefined],
    ["of status 304", "GET", 304, "5"],
  ] as const
) {
  Deno.test(`an answer ${what} has no body, whole or not`, async () => {
    const whole = await answer(
      (reply) => reply.whole(status, [], latin1("hello")),
      method,
    );
    const parts = await answer((reply) => {
      reply.head(status, [["content-length", "5"]]);
      reply.data(latin1("hello"));
      reply.end([["x-sum", "1"]]);
    }, method);
    for (const { head, body, trailers, code } of [whole, parts]) {
      assert.equal(new Map(head).get(":status"), String(status));
      assert.equal(new Map(head).get("content-length"), length);
      assert.deepEqual({ body, trailers, code }, {
        body: "",
        trailers: [],
        code: NO_ERROR,
      });
    }
  });
}

Deno.test("an answer goes out in parts, with trailers or without", async () => {
  const parts = (trailers?: Pair[]) => (reply: Reply) => {
    reply.head(200, []);
    reply.data(latin1("hel"));
    reply.data(NONE);
    reply.data(latin1("lo"));
    reply.end(trailers);
    reply.data(latin1("late"));
    reply.end([["x-late", "1"]]);
    reply.reset("a test");
  };
  const plain = await answer(parts());
  assert.equal(new Map(plain.head).has("content-length"), false);
  assert.deepEqual([plain.body, plain.trailers, plain.code], [
    "hello",
    [],
    NO_ERROR,
  ]);
  const { body, trailers } = await answer(
    parts([["grpc-status", "0"], ["x-a", "1"], ["connection", "x"], [
      "x-a",
      "2",
    ]]),
  );
  assert.deepEqual([body, trailers], [
    "hello",
    [["grpc-status", "0"], ["x-a", "1"], ["x-a", "2"]],
  ]);
});

Deno.test("of an announced length only a number is kept", async () => {
  const of = (length: string) => (reply: Reply) => {
    reply.head(200, [["content-length", length]]);
    reply.data(latin1("hello"));
    reply.end();
  };
  const right = await answer(of("5"));
  assert.equal(new Map(right.head).get("content-length"), "5");
  assert.equal(right.code, NO_ERROR);
  const none = await answer(of("five"));
  assert.equal(new Map(none.head).has("content-length"), false);
  assert.equal(none.body, "hello");
});

for (
  const [what, broken] of [
    ["is longer than announced", (reply: Reply) => {
      reply.head(200, [["content-length", "2"]]);
      reply.data(latin1("abc"));
    }],
    ["is shorter than announced", (reply: Reply) => {
      reply.head(200, [["content-length", "4"]]);
      reply.data(latin1("abc"));
      reply.end();
    }],
    ["breaks off", (reply: Reply) => {
      reply.head(200, []);
      reply.data(latin1("abc"));
      reply.reset("a test");
    }],
    ["breaks off before it began", (reply: Reply) => reply.reset("a test")],
    [
      "has a status that HTTP/2 has not",
      (reply: Reply) => reply.whole(999, [], NONE),
    ],
    ["fails", () => {
      throw new Error("on purpose");
    }],
  ] as [string, (reply: Reply) => void][]
) {
  Deno.test(`an answer that ${what} is reset, and its connection goes on`, async () => {
    await using server = new Server((request, reply) => {
      if (request.path === "/ok") reply.whole(200, [], NONE);
      else broken(reply);
    });
    using client = await Client.connect(
      server.port,
      frame(HEADERS, ALL, 1, head("GET", "/")),
    );
    assert.equal(codeOf(await client.frame(RST_STREAM, 1)), INTERNAL_ERROR);
    const ended = (await client.rest()).some(({ flags }) => flags & END_STREAM);
    assert.equal(ended, false, "the answer looked complete");
    await client.say(frame(HEADERS, ALL, 3, head("GET", "/ok")));
    await client.frame(HEADERS, 3);
  });
}

for (
  const [how, say] of [
    ["whole", (reply: Reply) => reply.whole(200, [], latin1("no"))],
    ["in parts", (reply: Reply) => {
      reply.head(200, []);
      reply.data(latin1("no"));
      reply.end([["x-a", "1"]]);
    }],
  ] as [string, (reply: Reply) => void][]
) {
  Deno.test(`an answer before the end of its request goes out ${how}, and then the client is told to stop`, async () => {
    await using server = new Server();
    using client = await Client.connect(
      server.port,
      frame(HEADERS, END_HEADERS, 1, head("POST", "/")),
    );
    const [{ body }, reply] = await server.asked();
    const heard: string[] = [];
    body!.read({
      data: () => heard.push("data"),
      trailers: () => heard.push("trailers"),
      broken: () => heard.push("broken"),
    });
    say(reply);
    const reset = await client.frame(RST_STREAM, 1);
    assert.equal(codeOf(reset), NO_ERROR);
    const answer = await client.rest();
    assert.equal(answer.at(-1)!.flags & END_STREAM, END_STREAM);
    assert.deepEqual(
      answer.find(({ type }) => type === DATA)?.payload,
      latin1("no"),
    );
    await client.say(frame(DATA, END_STREAM, 1, latin1("more")));
    assert.deepEqual((await client.rest()).length, answer.length);
    assert.deepEqual(heard, []);
  });
}

Deno.test("an answer to a request that is complete ends without a reset, whether that was read or not", async () => {
  await using server = new Server((_request, reply) =>
    reply.whole(200, [], latin1("no"))
  );
  using client = await Client.connect(
    server.port,
    frame(HEADERS, END_HEADERS, 1, head("POST", "/")),
    frame(DATA, END_STREAM, 1, latin1("unread")),
  );
  const { flags } = await client.frame(DATA, 1);
  assert.equal(flags, END_STREAM);
  const left = await client.rest();
  assert.deepEqual(left.filter(({ type }) => type === RST_STREAM), []);
});

/** What a client gets for an answer. */
async function answer(
  handler: (reply: Reply) => void,
  method = "GET",
): Promise<Answer> {
  await using server = new Server((_request, reply) => handler(reply));
  const session = connect(`http://127.0.0.1:${server.port}`);
  try {
    return await exchange(session, method);
  } finally {
    session.destroy();
  }
}

function exchange(
  session: ClientHttp2Session,
  method: string,
): Promise<Answer> {
  const stream = session.request({ ":path": "/", ":method": method });
  const answer: Answer = { head: [], body: "", trailers: [], code: 0 };
  stream.on("response", (_fields: unknown, _flags: number, raw: string[]) => {
    answer.head = pairs(raw);
  });
  stream.on("trailers", (_fields: unknown, _flags: number, raw: string[]) => {
    answer.trailers = pairs(raw);
  });
  stream.on("data", (bytes: Uint8Array) => {
    answer.body += String.fromCharCode(...bytes);
  });
  return new Promise((resolve, reject) => {
    stream.on("error", reject);
    stream.on("close", () => resolve({ ...answer, code: stream.rstCode! }));
  });
}

function pairs(raw: string[]): Pair[] {
  return Array.from(
    { length: raw.length / 2 },
    (_, i) => [raw[2 * i]!, raw[2 * i + 1]!],
  );
}
