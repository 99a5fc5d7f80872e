/** The bodies of requests that came by HTTP/2, and what happens to their clients meanwhile. */
import assert from "node:assert/strict";
import type { IncomingBody } from "../../../runtime/ingress/incoming.ts";
import {
  ALL,
  block,
  Client,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  head,
  HEADERS,
  latin1,
  RST_STREAM,
  Server,
  WINDOW_UPDATE,
} from "./http2_harness.ts";

const NONE = new Uint8Array(0);
const CANCEL = [0, 0, 0, 8];

/** What happens to a body, and to whoever answers, in order. */
class Heard {
  readonly events: string[] = [];
  #wanted: string | undefined;
  #found: (() => void) | undefined;

  /** Resolves once that is the last thing that was heard. */
  last(event: string): Promise<void> {
    if (this.events.at(-1) === event) return Promise.resolve();
    this.#wanted = event;
    return new Promise((resolve) => this.#found = resolve);
  }

  readonly add = (event: string) => {
    this.events.push(event);
    if (event === this.#wanted) this.#found?.();
  };

  read(body: IncomingBody): void {
    body.read({
      data: (bytes, end) => {
        const text = String.fromCharCode(...bytes.subarray(0, 20));
        this.add(`data ${text}${end ? "!" : ""}`);
      },
      trailers: (fields) => this.add(`trailers ${fields.join("|")}`),
      broken: () => this.add("broken"),
    });
  }
}

Deno.test("a body comes in parts, and its trailers after it", async () => {
  await using server = new Server();
  using client = await Client.connect(
    server.port,
    frame(
      HEADERS,
      END_HEADERS,
      1,
      head("POST", "/", ["content-length", "5"]),
    ),
  );
  const [{ body }, reply] = await server.asked();
  assert.equal(body?.declared, 5);
  const heard = new Heard();
  heard.read(body);
  await client.say(frame(DATA, 0, 1, latin1("abc")));
  await heard.last("data abc");
  await client.say(
    frame(DATA, 0, 1, latin1("de")),
    frame(HEADERS, ALL, 1, block(["x-sum", "1"], ["x-sum", "2"])),
  );
  await heard.last("trailers x-sum,1|x-sum,2");
  assert.deepEqual(heard.events, [
    "data abc",
    "data de",
    "trailers x-sum,1|x-sum,2",
  ]);
  reply.whole(200, [], NONE);
  await client.frame(HEADERS, 1);
});

Deno.test("a body may end without trailers, and be empty", async () => {
  await using server = new Server();
  using _client = await Client.connect(
    server.port,
    frame(HEADERS, END_HEADERS, 1, head("POST", "/")),
    frame(DATA, END_STREAM, 1),
  );
  const [{ body }] = await server.asked();
  assert.equal(body?.declared, undefined);
  const heard = new Heard();
  heard.read(body!);
  await heard.last("data !");
  assert.deepEqual(heard.events, ["data !"]);
});

Deno.test("a body that nobody reads, or that is held, fills no more than its window", async () => {
  await using server = new Server();
  const part = frame(DATA, 0, 1, new Uint8Array(16 * 1024));
  using client = await Client.connect(
    server.port,
    frame(HEADERS, END_HEADERS, 1, head("POST", "/")),
    part,
    part,
    part,
  );
  const [{ body }] = await server.asked();
  assert.deepEqual(await client.rest(), [], "the window was opened unasked");
  let taken = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  body!.hold(true);
  body!.read({
    data(bytes, end) {
      taken += bytes.length;
      if (end) resolve();
    },
    trailers() {},
    broken() {},
  });
  assert.deepEqual(await client.rest(), [], "the window was opened while held");
  assert.equal(taken, 0);
  body!.hold(false);
  await client.frame(WINDOW_UPDATE, 1);
  await client.say(frame(DATA, END_STREAM, 1));
  await promise;
  assert.equal(taken, 3 * 16 * 1024);
});

Deno.test("the end of a body waits as well while that is held", async () => {
  await using server = new Server();
  using client = await Client.connect(
    server.port,
    frame(HEADERS, END_HEADERS, 1, head("POST", "/")),
  );
  const [{ body }] = await server.asked();
  const heard = new Heard();
  heard.read(body!);
  body!.hold(true);
  await client.say(frame(DATA, END_STREAM, 1));
  await client.rest();
  assert.deepEqual(heard.events, []);
  body!.hold(false);
  await heard.last("data !");
});

Deno.test("a client that waits for our consent gets it when its body is read", async () => {
  await using server = new Server();
  using client = await Client.connect(
    server.port,
    frame(
      HEADERS,
      END_HEADERS,
      1,
      head("POST", "/", ["expect", "100-continue"]),
    ),
  );
  const [{ body, headers }, reply] = await server.asked();
  assert.deepEqual(headers, []);
  assert.deepEqual(await client.rest(), []);
  const heard = new Heard();
  heard.read(body!);
  const consent = await client.frame(HEADERS, 1);
  assert.equal(consent.flags, END_HEADERS);
  await client.say(frame(DATA, END_STREAM, 1, latin1("ok")));
  await heard.last("data !");
  reply.whole(200, [], NONE);
  assert.equal((await client.frame(HEADERS, 1)).flags, ALL);
});

for (
  const [how, leave] of [
    [
      "resets its stream",
      (client: Client) => client.say(frame(RST_STREAM, 0, 1, CANCEL)),
    ],
    ["leaves", (client: Client) => client[Symbol.dispose]()],
  ] as const
) {
  Deno.test(`of a client that ${how}, body and answerer hear`, async () => {
    await using server = new Server();
    using client = await Client.connect(
      server.port,
      frame(HEADERS, END_HEADERS, 1, head("POST", "/")),
      frame(DATA, 0, 1, latin1("abc")),
    );
    const [{ body }, reply] = await server.asked();
    const heard = new Heard();
    reply.listen({ gone: () => heard.add("gone"), pressure: () => {} });
    heard.read(body!);
    await heard.last("data abc");
    await leave(client);
    await heard.last("gone");
    assert.deepEqual(heard.events, ["data abc", "broken", "gone"]);
    // Nothing is said to nobody.
    reply.head(200, []);
    reply.data(latin1("late"));
    reply.end();
    const late = new Heard();
    late.read(body!);
    assert.deepEqual(late.events, ["broken"]);
  });
}

Deno.test("a body that is longer than its length breaks", async () => {
  await using server = new Server();
  using client = await Client.connect(
    server.port,
    frame(
      HEADERS,
      END_HEADERS,
      1,
      head("POST", "/", ["content-length", "2"]),
    ),
  );
  const [{ body }] = await server.asked();
  const heard = new Heard();
  heard.read(body!);
  await client.say(frame(DATA, END_STREAM, 1, latin1("abc")));
  await heard.last("broken");
  await client.ended();
});
