/** Clusters that speak HTTP/2 at once, as gRPC servers do. */
import assert from "node:assert/strict";
import {
  createServer,
  type Http2Server,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import type { AddressInfo } from "node:net";
import { cluster, FN, get, Port, RawServer, request, text } from "./harness.ts";

/** An HTTP/2 server on loopback whose streams do as `serve` says. */
class Server implements AsyncDisposable {
  sessions = 0;
  readonly #server: Http2Server;

  private constructor(
    serve: (stream: ServerHttp2Stream, raw: string[]) => void,
  ) {
    this.#server = createServer();
    this.#server.on("session", () => this.sessions++);
    this.#server.on(
      "stream",
      (stream: ServerHttp2Stream, _h: unknown, _f: unknown, raw: string[]) => {
        stream.on("error", () => {});
        serve(stream, raw);
      },
    );
  }

  static async start(
    serve: (stream: ServerHttp2Stream, raw: string[]) => void,
  ): Promise<Server> {
    const server = new Server(serve);
    await new Promise<void>((resolve) =>
      server.#server.listen(0, "127.0.0.1", resolve)
    );
    return server;
  }

  get address(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

function raw(...fields: string[]): OutgoingHttpHeaders {
  return fields as unknown as OutgoingHttpHeaders;
}

function http2(address: string) {
  return cluster(address, { protocol: "http2" });
}

Deno.test("fields, bodies and trailers go both ways over HTTP/2 as they were said", async () => {
  let heard: string[] = [];
  let trailers: string[] = [];
  let body = "";
  await using server = await Server.start((stream, fields) => {
    heard = fields;
    stream.on("data", (bytes: Uint8Array) => body += text(bytes));
    stream.on("trailers", (_h: unknown, _f: unknown, raw: string[]) => {
      trailers = raw;
    });
    stream.on("end", () => {
      stream.respond(
        raw(":status", "200", "x-a", "1", "x-b", "\xe9", "x-a", "2"),
        { waitForTrailers: true },
      );
      stream.on("wantTrailers", () => stream.sendTrailers({ "x-t": "1" }));
      stream.end("hello");
    });
  });
  using port = new Port({ clusters: { grpc: http2(server.address) } });
  const answer = await port.request(
    "grpc",
    request("POST", "/s/m", ["te", "trailers"], ["x-c", "3"], ["x-c", "4"], [
      "connection",
      "x",
    ]),
    { body: "body", trailers: [["x-sum", "9"]] },
  );
  assert.deepEqual(heard, [
    ...[":method", "POST", ":path", "/s/m", ":scheme", "http"],
    ...[":authority", "test.example", "te", "trailers"],
    ...["x-c", "3", "x-c", "4"],
  ]);
  assert.deepEqual([body, trailers], ["body", ["x-sum", "9"]]);
  assert.deepEqual(
    answer.headers.filter(([name]) => name !== "date"),
    [[":status", "200"], ["x-a", "1"], ["x-b", "\xe9"], ["x-a", "2"]],
  );
  assert.equal(answer.body, "hello");
  assert.deepEqual(answer.trailers, [["x-t", "1"]]);
});

Deno.test("requests share one connection, with and without bodies", async () => {
  await using server = await Server.start((stream, fields) => {
    let body = "";
    stream.on("data", (bytes: Uint8Array) => body += text(bytes));
    stream.on("end", () => {
      stream.respond({ ":status": 200 });
      stream.end(`${fields[1]} ${body}`);
    });
  });
  using port = new Port({ clusters: { grpc: http2(server.address) } });
  const answers = await Promise.all([
    port.request("grpc", get()),
    port.request("grpc", request("POST", "/"), { body: "a" }),
    port.request("grpc", request("PUT", "/"), { body: "" }),
  ]);
  assert.deepEqual(answers.map(({ body }) => body), ["GET ", "POST a", "PUT "]);
  await port.request("grpc", get());
  assert.equal(server.sessions, 1);
});

Deno.test("a response of fields alone ends with them", async () => {
  await using server = await Server.start((stream) =>
    stream.respond({ ":status": 200, "grpc-status": "5" }, { endStream: true })
  );
  using port = new Port({ clusters: { grpc: http2(server.address) } });
  const answer = await port.request("grpc", request("POST", "/"), {
    body: "x",
  });
  assert.deepEqual(answer.events, ["headers!"]);
});

Deno.test("a stream that the server resets before its response, and a connection lost in it", async () => {
  await using server = await Server.start((stream, fields) => {
    if (fields.includes("/early")) return stream.close(2);
    stream.respond({ ":status": 200 });
    const { session } = stream;
    stream.write("abc", () => setTimeout(() => session?.destroy(), 20));
  });
  using port = new Port({ clusters: { grpc: http2(server.address) } });
  const early = await port.request("grpc", get("/early"));
  assert.equal(early.status, "503");
  const late = await port.request("grpc", get("/late"));
  assert.equal(late.status, "200");
  assert.equal(late.events.at(-1), "reset!");
});

Deno.test("a server that is not there, speaks no HTTP/2, or is silent: 503", async () => {
  using garbage = new RawServer(async (peer) => {
    await peer.head();
    await peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    peer.close();
  });
  using port = new Port({
    clusters: {
      dead: http2("127.0.0.1:1"),
      garbage: http2(garbage.address),
    },
  });
  for (const name of ["dead", "garbage"]) {
    const answer = await port.request(name, get(), { timeout: 5000 });
    assert.equal(answer.status, "503", name);
  }
});

Deno.test("after the server went away a new connection is made", async () => {
  const serve = (stream: ServerHttp2Stream) => {
    const { session } = stream;
    stream.respond({ ":status": 200 });
    stream.end("ok", () => setTimeout(() => session?.close()));
  };
  await using server = await Server.start(serve);
  using port = new Port({ clusters: { grpc: http2(server.address) } });
  for (let i = 0; i < 3; i++) {
    assert.equal((await port.request("grpc", get())).body, "ok");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(server.sessions, 3);
});

Deno.test("a server that says goodbye, and more after that, does not end the process", async () => {
  const settings = "\0\0\0\x04\0\0\0\0\0";
  const answer = "\0\0\x01\x01\x05\0\0\0\x01\x88";
  const ping = "\0\0\x08\x06\0\0\0\0\0goodbye?";
  const goodbye = "\0\0\x08\x07\0\0\0\0\0\0\0\0\x01\0\0\0\0";
  using server = new RawServer(async (peer) => {
    await peer.until("SM\r\n\r\n");
    await peer.send(settings + answer + ping);
    // Once the client has nothing under way.
    await peer.until("goodbye?");
    await peer.send(goodbye + ping + ping + goodbye);
  });
  using port = new Port({ clusters: { grpc: http2(server.address) } });
  // Where freed memory is used, it is luck that says when.
  for (let i = 0; i < 300; i++) {
    const { headers } = await port.request("grpc", get());
    // The goodbye may come between the request and its answer.
    assert.match(new Map(headers).get(":status")!, /200|503/);
  }
});

Deno.test("a request given up cancels its stream", async () => {
  const cancelled = Promise.withResolvers<number>();
  await using server = await Server.start((stream) => {
    stream.on("close", () => cancelled.resolve(stream.rstCode));
    stream.respond({ ":status": 200 });
    stream.write("abc");
  });
  using port = new Port({ clusters: { grpc: http2(server.address) } });
  const begun = Promise.withResolvers<void>();
  const exchange = port.streams.http(FN, "grpc", 0, {
    headers: () => begun.resolve(),
    data() {},
    trailers() {},
    reset() {},
  });
  exchange.sendHeaders(get(), true);
  await begun.promise;
  exchange.reset();
  assert.equal(await cancelled.promise, 8);
});

Deno.test("over HTTP/2 too a function gets no more than its window", async () => {
  let written = 0;
  await using server = await Server.start((stream) => {
    stream.respond({ ":status": 200 });
    const piece = new Uint8Array(64 * 1024);
    const more = () => {
      if (stream.destroyed || written > 64 * 1024 * 1024) return;
      written += piece.length;
      stream.write(piece, (error) => error || more());
    };
    more();
  });
  using port = new Port({ clusters: { grpc: http2(server.address) } });
  let got = 0;
  const exchange = port.streams.http(FN, "grpc", 0, {
    headers() {},
    data: (bytes) => got += bytes.length,
    trailers() {},
    reset() {},
  });
  exchange.sendHeaders(get(), true);
  let before = -1;
  while (written !== before) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert(got > 0 && got <= 4 * 128 * 1024, `${got} bytes came`);
  assert(written < 8 * 1024 * 1024, `${written} bytes were written`);
  exchange.reset();
});

/** A frame (RFC 9113 §4.1) as a byte string. */
function frame(type: number, flags: number, stream: number, payload = "") {
  const { length } = payload;
  return String.fromCharCode(
    length >> 16,
    length >> 8 & 255,
    length & 255,
    type,
    flags,
    ...[0, 0, 0, stream],
  ) + payload;
}

Deno.test("a response that breaks off is told from one that ends: reset, closed or no HTTP/2", async () => {
  const settings = frame(4, 0, 0);
  // HPACK's index of ":status: 200", END_HEADERS.
  const head = frame(1, 4, 1, "\x88");
  const data = frame(0, 0, 1, "abc");
  const endings: Record<string, string> = {
    reset: frame(3, 0, 1, "\0\0\0\x02"),
    closed: "",
    garbage: frame(1, 4, 1, "\xff\xff\xff\xff\xff\xff\xff"),
    whole: frame(0, 1, 1, "d"),
  };
  for (const [how, ending] of Object.entries(endings)) {
    using server = new RawServer(async (peer) => {
      await peer.until("SM\r\n\r\n");
      await peer.send(settings + frame(4, 1, 0) + head + data);
      await new Promise((resolve) => setTimeout(resolve, 50));
      await peer.send(ending);
      if (how === "closed") peer.close();
      else await peer.head();
    });
    using port = new Port({ clusters: { grpc: http2(server.address) } });
    const answer = await port.request("grpc", get(), { timeout: 3000 });
    assert.equal(answer.status, "200", how);
    assert.equal(answer.body, how === "whole" ? "abcd" : "abc");
    assert.equal(answer.events.at(-1), how === "whole" ? "data!" : "reset!");
  }
});
