/** More than one request on a connection (RFC 9112 §9). */
import assert from "node:assert/strict";
import type { Reply } from "../../../runtime/ingress/incoming.ts";
import { answer, echo, ok, Server, statuses, whole } from "./http1.ts";

const get = (path: string, version = "1.1", fields = "") =>
  `GET ${path} HTTP/${version}\r\nhost: a\r\n${fields}\r\n`;

Deno.test("requests that come at once are answered in their order", async () => {
  await using server = new Server((request, reply) =>
    answer(reply, request.path)
  );
  const paths = Array.from({ length: 2000 }, (_, i) => `/${i}`);
  assert.equal(
    await server.talk(paths.map((path) => get(path)).join("")),
    paths.map((path) => ok(path)).join(""),
  );
});

Deno.test("a request is asked once that before it is answered", async () => {
  const asked: string[] = [];
  const replies: Reply[] = [];
  let heard = Promise.withResolvers<void>();
  await using server = new Server((request, reply) => {
    asked.push(request.path);
    replies.push(reply);
    heard.resolve();
  });
  const client = await server.connect(get("/1") + get("/2") + get("/3"));
  for (let i = 0; i < 3; i++) {
    await heard.promise;
    heard = Promise.withResolvers();
    assert.equal(asked.length, i + 1);
    answer(replies[i]!, `${i}`);
    assert.equal(await client.until(`\n${i}`), ok(`${i}`));
  }
  assert.deepEqual(asked, ["/1", "/2", "/3"]);
});

Deno.test("bodies and the requests behind them are told apart, whoever answers when", async () => {
  const post = (body: string) =>
    `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const chunked = (body: string) =>
    "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" +
    [...body].map((one) => `1\r\n${one}\r\n`).join("") + "0\r\n\r\n";
  const said = post("abc") + chunked("def") + get("/") + post(get("/no")) +
    chunked(get("/no")) + post("") + get("/end");
  const ways: Record<string, (text: string, reply: Reply) => void> = {
    "at once": (text, reply) => answer(reply, text),
    "later": (text, reply) => queueMicrotask(() => answer(reply, text)),
    "in parts": (text, reply) => {
      reply.head(200, [["content-length", `${text.length}`]]);
      for (const one of text) reply.data(new TextEncoder().encode(one));
      reply.end();
    },
  };
  const bodies = ["abc", "def", "/", get("/no"), get("/no"), "/", "/end"];
  for (const [name, way] of Object.entries(ways)) {
    await using server = new Server(({ path, body }, reply) => {
      if (body === undefined) return way(path, reply);
      whole(body, (text) => way(text, reply));
    });
    const client = await server.connect(said);
    let heard = "";
    while (statuses(heard).length < bodies.length || !heard.endsWith("/end")) {
      heard += await client.until(heard.includes("/end") ? "x" : "/end");
    }
    assert.equal(heard, bodies.map((body) => ok(body)).join(""), name);
  }
});

Deno.test("an answerer of a body may answer from anywhere, and the rest is not taken for a request", async () => {
  const hidden = get("/hidden");
  const ends: Record<string, string> = {
    sized:
      `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${hidden.length}\r\n\r\n${hidden}`,
    chunked:
      "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n" +
      `1\r\nG\r\n${(hidden.length - 1).toString(16)}\r\n${
        hidden.slice(1)
      }\r\n0\r\nx: y\r\n\r\n`,
  };
  for (const [framing, said] of Object.entries(ends)) {
    for (const later of [false, true]) {
      for (const act of ["answer", "answer and stop", "hold", "stop"]) {
        const asked: string[] = [];
        await using server = new Server(({ path, body }, reply) => {
          asked.push(path);
          if (body === undefined) return answer(reply, path);
          let answered = false;
          const act1 = () => {
            if (act === "hold") {
              body.hold(true);
              body.hold(false);
              return;
            }
            if (act === "stop") body.stop();
            if (!answered) answer(reply, "early");
            answered = true;
            if (act === "answer and stop") body.stop();
          };
          const read = () =>
            body.read({
              data(_, end) {
                act1();
                if (end && act === "hold") answer(reply, "early");
              },
              trailers() {
                if (act === "hold") answer(reply, "early");
                else act1();
              },
              broken: () => assert.fail("nothing is broken"),
            });
          if (later) queueMicrotask(read);
          else read();
        });
        const client = await server.connect(said + get("/end"));
        const heard = await client.until("/end");
        const name = `${framing} ${act} ${later}`;
        assert.equal(heard, ok("early") + ok("/end"), name);
        assert.deepEqual(asked, ["/", "/end"], name);
      }
    }
  }
});

Deno.test("a connection stays where both sides want that", async () => {
  await using server = new Server((request, reply) => {
    const fields = request.path === "/close"
      ? [["connection", "close"] as [string, string]]
      : [];
    reply.whole(204, fields, new Uint8Array(0));
  });
  const cases: [string, string, string, boolean][] = [
    ["1.1", "/", "", true],
    ["1.1", "/", "connection: close\r\n", false],
    ["1.1", "/", "Connection: x, CLOSE\r\n", false],
    ["1.1", "/", "connection: keep-alive\r\nconnection: close\r\n", false],
    ["1.1", "/close", "", false],
    ["1.0", "/", "", false],
    ["1.0", "/", "connection: Keep-Alive\r\n", true],
    ["1.0", "/", "connection: keep-alive, close\r\n", false],
    ["1.0", "/close", "connection: keep-alive\r\n", false],
  ];
  for (const [version, path, fields, stays] of cases) {
    const heard = await server.talk(
      get(path, version, fields) + get("/", "1.1", "connection: close\r\n"),
    );
    const shown = `${version} ${path} ${fields}`;
    assert.equal(statuses(heard).length, stays ? 2 : 1, shown);
    const first = heard.slice(0, heard.indexOf("\r\n\r\n"));
    assert.equal(first.includes("connection: close"), !stays, shown);
    assert.equal(
      first.includes("connection: keep-alive"),
      stays && version === "1.0",
      shown,
    );
  }
});

Deno.test("after what is no request, nothing is answered", async () => {
  await using server = new Server(echo);
  const heard = await server.talk(get("/1") + "no\r\n\r\n" + get("/2"));
  assert.deepEqual(statuses(heard), [200, 400]);
});

Deno.test("a handler that throws has the request answered and the connection closed", async () => {
  const errors = [
    (reply: Reply) => void reply,
    (reply: Reply) => answer(reply, "answered"),
    (reply: Reply) => reply.head(200, [["content-length", "5"]]),
  ];
  for (const [i, before] of errors.entries()) {
    await using server = new Server((_, reply) => {
      before(reply);
      throw new Error("a mistake");
    });
    const heard = await server.talk(get("/1") + get("/2"));
    assert.deepEqual(statuses(heard), [[500], [200], [200]][i]);
    assert.equal(heard.includes("a mistake"), i === 0);
    if (i === 0) assert.match(heard, /connection: close/);
  }
  await using server = new Server(({ body }) => {
    body!.read({
      data: () => {
        throw new Error("a mistake");
      },
      trailers() {},
      broken() {},
    });
  });
  assert.deepEqual(
    statuses(
      await server.talk(
        "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 2\r\n\r\nab" + get("/"),
      ),
    ),
    [500],
  );
});
