/** Bodies that are waited for, refused, or longer than anybody wants (RFC 9110 §10.1.1). */
import assert from "node:assert/strict";
import type { IncomingBody, Reply } from "../../../runtime/ingress/incoming.ts";
import { bytesOf } from "../../../runtime/http/write.ts";
import { answer, DEAF, ok, Server, statuses, whole } from "./http1.ts";

const CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";
const post = (length: number, fields = "") =>
  `POST /p HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n${fields}\r\n`;
const EXPECT = "Expect: 100-Continue\r\n";
const NEXT = "GET /next HTTP/1.1\r\nhost: a\r\n\r\n";

/** Answers with the body, or the path where there is none. */
function echoBody(
  { path, headers, body }: {
    path: string;
    headers: readonly (readonly [string, string])[];
    body: IncomingBody | undefined;
  },
  reply: Reply,
): void {
  assert.ok(!headers.some(([name]) => name === "expect"));
  if (body === undefined) answer(reply, path);
  else whole(body, (text) => answer(reply, text));
}

Deno.test("a client that waits for consent gets it once, when its body is read", async () => {
  let begin = () => {};
  const asked = Promise.withResolvers<void>();
  await using server = new Server((request, reply) => {
    if (request.body === undefined) return answer(reply, request.path);
    begin = () => echoBody(request, reply);
    asked.resolve();
  });
  const client = await server.connect(post(3, EXPECT));
  await asked.promise;
  begin();
  assert.equal(await client.until("\r\n\r\n"), CONTINUE);
  await client.say("a");
  await client.say(`bc${NEXT}`);
  assert.equal(await client.until("/next"), ok("abc") + ok("/next"));
});

Deno.test("who does not wait for consent is not given it, nor is who cannot know it", async () => {
  await using server = new Server(echoBody);
  assert.equal(
    await server.talk(`${post(3, EXPECT)}abc${NEXT}`),
    ok("abc") + ok("/next"),
  );
  const get = NEXT.replace("\r\n\r\n", `\r\n${EXPECT}\r\n`);
  assert.equal(await server.talk(get + get), ok("/next").repeat(2));
  const client = await server.connect(
    post(3, EXPECT).replace("HTTP/1.1", "HTTP/1.0"),
  );
  await client.say("abc");
  assert.equal(await client.rest(), ok("abc", false));
});

Deno.test("where the body is not read, its client is told that no other request is heard", async () => {
  await using server = new Server((_, reply) => answer(reply, "no", 403));
  const client = await server.connect(post(3, EXPECT));
  assert.equal(
    await client.until("no"),
    "HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\nconnection: close\r\n\r\nno",
  );
  await client.say(`abc${NEXT}`);
  assert.equal(await client.rest(), "");
});

Deno.test("consent is never given in the middle of an answer", async () => {
  await using server = new Server(({ body }, reply) => {
    reply.head(200, []);
    body!.read({
      data(bytes, end) {
        reply.data(bytes);
        if (end) reply.end();
      },
      trailers() {},
      broken() {},
    });
    reply.data(bytesOf("-"));
  });
  const client = await server.connect(post(3, EXPECT));
  const head = await client.until("-\r\n");
  assert.match(head, /^HTTP\/1\.1 200 OK\r\n[^]*connection: close\r\n/);
  await client.say("abc");
  assert.equal(await client.rest(), "3\r\nabc\r\n0\r\n\r\n");
});

Deno.test("the rest of a body that nobody wants is passed over, and the connection stays", async () => {
  await using server = new Server(({ path }, reply) => answer(reply, path));
  const client = await server.connect(post(200_000));
  assert.equal(await client.until("/p"), ok("/p"));
  await client.say("x".repeat(200_000) + NEXT);
  assert.equal(await client.until("/next"), ok("/next"));
});

Deno.test("where that is too long the connection ends, and the answer is heard", async () => {
  for (const length of [10_000_000, undefined]) {
    await using server = new Server(({ path }, reply) => answer(reply, path));
    const client = await server.connect(
      length === undefined
        ? "POST /p HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
        : post(length),
    );
    const part = `1;${"x".repeat(4000)}\r\ny\r\n`;
    for (let sent = 0; sent < 500_000; sent += part.length) {
      await client.say(part);
    }
    assert.equal(await client.until("/p"), ok("/p"));
    assert.equal(await client.rest(), "");
  }
});

Deno.test("a body whose reader leaves or stops before the answer is passed over", async () => {
  await using server = new Server(({ path, body }, reply) => {
    if (body === undefined) return answer(reply, path);
    body.read(DEAF);
    body.stop();
    queueMicrotask(() => answer(reply, "stopped"));
  });
  const client = await server.connect(`${post(5)}ab`);
  assert.equal(await client.until("stopped"), ok("stopped"));
  await client.say(`cde${NEXT}`);
  assert.equal(await client.until("/next"), ok("/next"));
});

Deno.test("a body that is held does not come, and its client has to wait", async () => {
  const size = 50_000_000;
  let taken = 0;
  let resume = () => {};
  const held = Promise.withResolvers<void>();
  await using server = new Server(({ body }, reply) => {
    resume = () => body!.hold(false);
    body!.read({
      data(bytes, end) {
        taken += bytes.length;
        if (taken > 100_000 && taken - bytes.length <= 100_000) {
          body!.hold(true);
          held.resolve();
        }
        if (end) answer(reply, `${taken}`);
      },
      trailers() {},
      broken() {},
    });
  });
  const client = await server.connect(post(size));
  let sent = false;
  const sending = client.say("x".repeat(size)).then(() => sent = true);
  await held.promise;
  const before = taken;
  // What the kernel keeps is far less than all of it.
  await server.talk("GET /no HTTP/1.1\r\n\r\n");
  assert.equal(taken, before);
  assert.ok(!sent);
  resume();
  await sending;
  assert.equal(await client.until(`${size}`), ok(`${size}`));
});

Deno.test("answers to requests with unread bodies are told apart", async () => {
  await using server = new Server(({ path }, reply) => answer(reply, path));
  const said = `${post(3)}abc`.repeat(50);
  assert.deepEqual(
    statuses(await server.talk(said)),
    Array.from({ length: 50 }, () => 200),
  );
});

Deno.test("what is no body is told the client, though its reader breaks the answer off as soon as it hears", async () => {
  const heard: string[] = [];
  await using server = new Server(({ body }, reply) => {
    reply.listen({ gone: () => heard.push("gone"), pressure() {} });
    body!.read({
      data() {},
      trailers() {},
      broken() {
        heard.push("broken");
        reply.reset("the client has gone");
      },
    });
  });
  const client = await server.connect(
    "POST /p HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nno\r\n",
  );
  assert.deepEqual(statuses(await client.rest()), [400]);
  assert.deepEqual(heard, ["broken"]);
});
