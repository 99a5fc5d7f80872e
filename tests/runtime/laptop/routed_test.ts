/** Functions that do not live where the pod listens: what goes to them and comes from them goes as it comes. */
import assert from "node:assert/strict";
import { assemble } from "../../e2e/harness/guests.ts";
import { FILTER } from "./filter_guest.ts";
import { RawServer } from "../upstream/harness.ts";
import { type Demo, withDemo } from "./harness.ts";

const SECOND = { id: "second" };

type Serve = ConstructorParameters<typeof RawServer>[0];

/** Who listens where there are several functions: the main isolate, but for isolates that share the port. */
const LISTENERS: [who: string, first: unknown][] = [
  ["the main isolate", "filter.wasm"],
  ["a function's isolate", { path: "filter.wasm", isolates: 2 }],
];

/** The same, whoever listens. */
function eachWay(
  title: string,
  test: (first: unknown) => Promise<void>,
): void {
  for (const [who, first] of LISTENERS) {
    Deno.test(`${title} (${who} listens)`, () => test(first));
  }
}

/** Two functions, of which `second` is in front of a service and listens nowhere. */
async function withSecond(
  first: unknown,
  serve: Serve,
  test: (demo: Demo & { url: string }) => Promise<void>,
): Promise<void> {
  using service = new RawServer(serve);
  const upstream = `http://${service.address}`;
  await withDemo({
    modules: { "filter.wasm": await assemble(FILTER) },
    functions: {
      first,
      second: { path: "filter.wasm", upstream },
    },
  }, (demo) => {
    const url = `http://127.0.0.1:${demo.host.summary.httpPort}/`;
    return test({ ...demo, url });
  });
}

eachWay(
  "an answer is there before its end, and of any length",
  async (first) => {
    const goOn = Promise.withResolvers<void>();
    await withSecond(first, async (peer) => {
      await peer.until("\r\n\r\n");
      await peer.send("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
      await goOn.promise;
      for (let i = 0; i < 100; i++) await peer.send("x".repeat(100_000));
      peer.close();
    }, async ({ url }) => {
      const { body } = await fetch(url, { headers: SECOND });
      const reader = body!.getReader();
      const first = await reader.read();
      assert.equal(new TextDecoder().decode(first.value), "hello");
      goOn.resolve();
      let length = 0;
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        length += value.length;
      }
      assert.equal(length, 10_000_000);
    });
  },
);

eachWay(
  "a body arrives at the service while the client still sends",
  async (first) => {
    const arrived = Promise.withResolvers<void>();
    await withSecond(first, async (peer) => {
      await peer.until("one");
      arrived.resolve();
      await peer.until("two");
      await peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\ndone!");
      peer.close();
    }, async ({ url }) => {
      const body = new ReadableStream<Uint8Array>({
        async start(controller) {
          const encoder = new TextEncoder();
          controller.enqueue(encoder.encode("one"));
          await arrived.promise;
          controller.enqueue(encoder.encode("two"));
          controller.close();
        },
      });
      const response = await fetch(url, {
        method: "POST",
        headers: SECOND,
        body,
      });
      assert.equal(response.status, 200);
      assert.equal(await response.text(), "done!");
    });
  },
);

eachWay(
  "a client that reads nothing holds the service up, and one that leaves ends it",
  async (first) => {
    let sent = 0;
    const ended = Promise.withResolvers<void>();
    await withSecond(first, async (peer) => {
      await peer.until("\r\n\r\n");
      await peer.send("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
      const part = "x".repeat(64 * 1024);
      try {
        for (;;) {
          await peer.send(part);
          sent += part.length;
        }
      } catch {
        ended.resolve();
      }
    }, async ({ url }) => {
      const leaving = new AbortController();
      const { signal } = leaving;
      const response = await fetch(url, { headers: SECOND, signal });
      assert.equal(response.status, 200);
      let before = -1;
      while (sent !== before) {
        before = sent;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      // The kernel's buffers for sockets hold some megabytes themselves.
      assert(sent < 24 * 1024 * 1024, `${sent} bytes`);
      leaving.abort();
      await ended.promise;
    });
  },
);

eachWay(
  "a client that leaves before its answer began takes the request to the service with it",
  async (first) => {
    const asked = Promise.withResolvers<void>();
    const left = Promise.withResolvers<void>();
    await withSecond(first, async (peer) => {
      await peer.until("\r\n\r\n");
      asked.resolve();
      // Until the other end closes.
      await peer.until("never").catch(() => {});
      left.resolve();
    }, async ({ url, log }) => {
      const leaving = new AbortController();
      const { signal } = leaving;
      const answer = fetch(url, { headers: SECOND, signal });
      await asked.promise;
      leaving.abort();
      await assert.rejects(answer);
      await left.promise;
      assert.doesNotMatch(log(), /no answer within/, "it was not its timeout");
    });
  },
);

eachWay("trailers go to the service and come from it", async (first) => {
  let asked = "";
  await withSecond(first, async (peer) => {
    asked = await peer.until("\r\n0\r\nx-asked: 1\r\n\r\n");
    await peer.send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-said: 2\r\n\r\n",
    );
    peer.close();
  }, async ({ host }) => {
    const port = host.summary.httpPort;
    using conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(
      new TextEncoder().encode(
        "POST / HTTP/1.1\r\nhost: a\r\nid: second\r\nconnection: close\r\n" +
          "transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nx-asked: 1\r\n\r\n",
      ),
    );
    const answer = await new Response(conn.readable).text();
    assert.match(answer, /\r\nok\r\n0\r\nx-said: 2\r\n\r\n$/);
  });
  assert.match(asked, /\r\nhi\r\n0\r\n/);
});

eachWay(
  "an answer that breaks off is broken off, and the function serves on",
  async (first) => {
    const ANSWERS: Record<string, string> = {
      "/good":
        "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
      "/trap": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntrap",
      "/cut": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
    };
    await withSecond(first, async (peer) => {
      const [, path = ""] = (await peer.until("\r\n\r\n")).split(" ");
      const [head, body = ""] = ANSWERS[path]!.split("\r\n\r\n");
      await peer.send(`${head}\r\n\r\n`);
      // The head has been seen by then.
      await new Promise((resolve) => setTimeout(resolve, 50));
      await peer.send(body);
      peer.close();
    }, async ({ ask }) => {
      const second = (path: string) => ask(path, { headers: SECOND });
      for (const path of ["/trap", "/cut"]) {
        await assert.rejects(second(path), path);
        assert.deepEqual(await second("/good"), [200, "hello"], path);
      }
    });
  },
);

Deno.test("a body over the limit is 413 as well, declared or not, and for Layotto's functions", async () => {
  const declared = new Uint8Array(200_000);
  const chunked = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let i = 0; i < 20; i++) controller.enqueue(new Uint8Array(10_000));
        controller.close();
      },
    });
  await withDemo({
    modules: { "filter.wasm": await assemble(FILTER) },
    functions: {
      first: "filter.wasm",
      second: { path: "filter.wasm", "body-limit": "100Ki" },
      id_2: { path: "f2.wasm", "body-limit": "100Ki" },
    },
  }, async ({ ask, put }) => {
    await put({ book1: "7" });
    for (const id of ["second", "id_2"]) {
      for (const body of [declared, chunked()]) {
        const [status, text] = await ask("/", {
          method: "POST",
          headers: { id },
          body,
        });
        assert.equal(status, 413, id);
        assert.match(text, new RegExp(`function ${id}: `));
      }
    }
    // One that is not, however it comes.
    const encoded = new TextEncoder().encode("book1");
    for (const body of ["book1", new Response(encoded).body!]) {
      const answer = await ask("/", {
        method: "POST",
        headers: { id: "id_2" },
        body,
      });
      assert.deepEqual(answer, [200, "7"]);
    }
  });
});

Deno.test("what kind of body an answer has is the service's to say, and plain text where a function does not", async () => {
  using service = new RawServer(async (peer) => {
    await peer.until("\r\n\r\n");
    await peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    peer.close();
  });
  const upstream = `http://${service.address}`;
  await withDemo({
    modules: { "filter.wasm": await assemble(FILTER) },
    functions: {
      first: "filter.wasm",
      second: { path: "filter.wasm", upstream },
      id_2: "f2.wasm",
    },
  }, async ({ host, put }) => {
    await put({ book1: "7" });
    const kindOf = async (id: string) => {
      const url = `http://127.0.0.1:${host.summary.httpPort}/?book1`;
      const answer = await fetch(url, { headers: { id } });
      await answer.body?.cancel();
      return answer.headers.get("content-type");
    };
    assert.equal(await kindOf("second"), null);
    assert.equal(await kindOf("id_2"), "text/plain; charset=utf-8");
  });
});

eachWay(
  "a function that is removed takes the answers under way along",
  async (first) => {
    await withSecond(first, async (peer) => {
      await peer.until("\r\n\r\n");
      await peer.send("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhello");
      await new Promise(() => {});
    }, async ({ url, host }) => {
      const { body } = await fetch(url, { headers: SECOND });
      const reader = body!.getReader();
      await reader.read();
      const { adminPort } = host.summary;
      const gone = await fetch(`http://127.0.0.1:${adminPort}/wasm/uninstall`, {
        method: "POST",
        body: JSON.stringify({ id: "second", name: "second" }),
      });
      assert.equal(gone.status, 200, await gone.text());
      await assert.rejects(async () => {
        while (!(await reader.read()).done);
      });
    });
  },
);
