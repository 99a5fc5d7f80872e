/** What an isolate that answers HTTP/2 needs, and what must not end it. */
import assert from "node:assert/strict";
import {
  ALL,
  Client,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  head,
  HEADERS,
  latin1,
  PING,
  Server,
} from "./http2_harness.ts";

const GET = head("GET", "/");

Deno.test("an isolate that may do nothing but listen answers HTTP/2", async () => {
  const port = freePort();
  const worker = new Worker(
    new URL("./http2_worker.ts", import.meta.url).href,
    { type: "module", deno: { permissions: { net: [`127.0.0.1:${port}`] } } },
  );
  try {
    const listening = Promise.withResolvers<void>();
    worker.onmessage = () => listening.resolve();
    worker.onerror = (event) => listening.reject(event.message);
    worker.postMessage(port);
    await listening.promise;
    using client = await Client.connect(
      port,
      frame(HEADERS, END_HEADERS, 1, head("POST", "/")),
      frame(DATA, END_STREAM, 1, latin1("hello")),
    );
    assert.deepEqual((await client.frame(DATA, 1)).payload, latin1("hello"));
  } finally {
    worker.terminate();
  }
});

const ENDINGS: Record<string, Uint8Array> = {
  "goodbye": frame(GOAWAY, 0, 0, [0, 0, 0, 0, 0, 0, 0, 0]),
  "of an error": frame(GOAWAY, 0, 0, [0, 0, 0, 0, 0, 0, 0, 2]),
  "what no ping of ours has asked": frame(PING, 1, 0, new Uint8Array(8)),
};

for (const [what, ending] of Object.entries(ENDINGS)) {
  Deno.test(`a client that says ${what} and then goes on ends its connection, not the process`, async () => {
    await using server = new Server((_request, reply) =>
      reply.whole(200, [], latin1("hello"))
    );
    // Where freed memory is used, it is luck that says when.
    for (let i = 0; i < 300; i++) {
      using client = await Client.connect(server.port);
      await client.say(
        ending,
        frame(HEADERS, ALL, 1, GET),
        frame(HEADERS, ALL, 3, GET),
      );
      await client.ended();
    }
    using client = await Client.connect(
      server.port,
      frame(HEADERS, ALL, 1, GET),
    );
    assert.deepEqual((await client.frame(DATA, 1)).payload, latin1("hello"));
  });
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
