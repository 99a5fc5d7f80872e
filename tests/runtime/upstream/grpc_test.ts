/** gRPC calls of guests against real HTTP/2 servers. */
import assert from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import type { GrpcCall } from "../../../abi/host.ts";
import { OutsideCalls } from "../../../runtime/isolate/worker/calls.ts";
import {
  frameOf,
  FrameReader,
} from "../../../runtime/isolate/worker/grpc_frames.ts";
import { cluster, FN, latin1, Port, RawServer, text } from "./harness.ts";

type Serve = (stream: ServerHttp2Stream, fields: string[]) => void;

/** Runs `test` with the gRPC calls of a function whose cluster `grpc` is a server that does as `serve` says. */
async function withServer(
  serve: Serve,
  test: (calls: OutsideCalls, port: Port) => Promise<void>,
): Promise<void> {
  const server = createServer();
  server.on(
    "stream",
    (stream: ServerHttp2Stream, _h: unknown, _f: unknown, raw: string[]) => {
      stream.on("error", () => {});
      serve(stream, raw);
    },
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: number } = server.address() as AddressInfo;
  try {
    using port = portTo(`127.0.0.1:${number}`);
    await test(callsOf(port), port);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

function portTo(address: string): Port {
  return new Port({
    clusters: { grpc: cluster(address, { protocol: "http2" }) },
  });
}

function callsOf(port: Port, bodyLimit = 1024 * 1024): OutsideCalls {
  return new OutsideCalls(
    FN,
    { reach: port.fn.spec.reach, bodyLimit },
    port.streams,
  );
}

const CALL: GrpcCall = {
  upstream: "grpc",
  service: "pkg.Svc",
  method: "Do",
  metadata: [["x-a", "1"], ["k-bin", "AA"]],
  timeout: 0,
};

/** Opens a stream, and gathers what is heard until it closes. */
function open(calls: OutsideCalls, call: Partial<GrpcCall> = {}) {
  const heard: string[] = [];
  const done = Promise.withResolvers<string[]>();
  const fields = (pairs: [string, string][]) =>
    pairs.filter(([name]) => name !== "date").join(" ");
  const stream = calls.grpc({ ...CALL, ...call }, {
    initial: (metadata) => heard.push(`initial ${fields(metadata)}`),
    message(bytes, done) {
      heard.push(`message ${text(bytes)}`);
      done();
    },
    trailing: (metadata) => heard.push(`trailing ${fields(metadata)}`),
    close(status, message) {
      heard.push(`close ${status} ${message}`.trim());
      done.resolve(heard);
    },
  });
  return { stream, heard, closed: done.promise };
}

/** Answers with `messages` and the status in trailers, once the request has ended. */
function answer(messages: string[], status: string, message = ""): Serve {
  return (stream) => {
    stream.resume();
    stream.on("end", () => {
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, {
        waitForTrailers: true,
      });
      stream.on(
        "wantTrailers",
        () =>
          stream.sendTrailers({
            "grpc-status": status,
            ...message && { "grpc-message": message },
          }),
      );
      for (const text of messages) stream.write(frameOf(latin1(text)));
      stream.end();
    });
  };
}

Deno.test("a unary call goes out as gRPC has it and its answer comes with its metadata", async () => {
  let fields: string[] = [];
  let body = "";
  await withServer((stream, raw) => {
    fields = raw;
    stream.on("data", (bytes: Uint8Array) => body += text(bytes));
    answer(["pong"], "0")(stream, raw);
  }, async (calls) => {
    const { stream, closed } = open(calls, { timeout: 2000 });
    stream.send(latin1("ping"), true);
    assert.deepEqual(await closed, [
      "initial :status,200 content-type,application/grpc",
      "message pong",
      "trailing grpc-status,0",
      "close 0",
    ]);
  });
  assert.deepEqual(fields, [
    ...[":method", "POST", ":path", "/pkg.Svc/Do", ":scheme", "http"],
    ...[":authority", "grpc", "te", "trailers"],
    ...["content-type", "application/grpc", "grpc-timeout", "2000m"],
    ...["x-a", "1", "k-bin", "AA"],
  ]);
  assert.equal(body, "\0\0\0\0\x04ping");
});

Deno.test("a stream talks both ways at once", async () => {
  await withServer((stream) => {
    const frames = new FrameReader(1000);
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": 0 }));
    stream.on("data", (bytes: Uint8Array) => {
      for (const message of frames.push(new Uint8Array(bytes))) {
        stream.write(frameOf(latin1(`echo ${text(message)}`)));
      }
    });
    stream.on("end", () => stream.end());
  }, async (calls) => {
    const { stream, heard, closed } = open(calls);
    for (const said of ["a", "b", ""]) {
      const before = heard.length;
      stream.send(latin1(said), false);
      while (!heard.slice(before).includes(`message echo ${said}`)) {
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    stream.send(undefined, true);
    assert.deepEqual((await closed).slice(-2), [
      "trailing grpc-status,0",
      "close 0",
    ]);
  });
});

Deno.test("a failure's status and message come from the trailers, or from fields alone", async () => {
  await withServer(answer([], "5", "not%20here"), async (calls) => {
    const { stream, closed } = open(calls);
    stream.send(latin1("x"), true);
    assert.equal((await closed).at(-1), "close 5 not%20here");
  });
  await withServer((stream) => {
    stream.respond({ ":status": 200, "grpc-status": "7" }, { endStream: true });
  }, async (calls) => {
    const { stream, closed } = open(calls);
    stream.send(latin1("x"), true);
    assert.deepEqual(await closed, [
      "initial ",
      "trailing :status,200 grpc-status,7",
      "close 7",
    ]);
  });
});

Deno.test("a server that is no gRPC server is told by what it answers", async () => {
  const cases: [Serve, string][] = [
    [(stream) => stream.respond({ ":status": 404 }, { endStream: true }), "12"],
    [(stream) => {
      stream.respond({ ":status": 401 });
      stream.end("who are you");
    }, "16"],
    [(stream) => {
      stream.respond({ ":status": 200 });
      stream.end(frameOf(latin1("no trailers")));
    }, "2"],
    [(stream) => {
      stream.respond({ ":status": 200 });
      stream.end("\x01\0\0\0\x01x");
    }, "13 a message is compressed, and no compression was offered"],
    [(stream) => {
      stream.respond({ ":status": 200 });
      stream.end("\0\xff\xff\xff\xffx", "latin1");
    }, "8 a message of 4294967295 bytes is over the limit of 1048576"],
    [
      (stream) => stream.close(2),
      "14 upstream connect error or disconnect/reset before headers. reset reason: remote reset",
    ],
  ];
  for (const [serve, expected] of cases) {
    await withServer(serve, async (calls) => {
      const { stream, closed } = open(calls);
      stream.send(latin1("x"), true);
      assert.equal((await closed).at(-1), `close ${expected}`);
    });
  }
});

Deno.test("nobody there, or nobody in time: unavailable", async () => {
  using silent = new RawServer(async (peer) => {
    await peer.until("never");
  });
  for (const address of ["127.0.0.1:1", silent.address]) {
    using port = portTo(address);
    const { stream, closed } = open(callsOf(port), { timeout: 100 });
    stream.send(latin1("x"), true);
    const [initial, trailing, close] = await closed;
    assert.equal(initial, "initial ");
    assert.match(
      trailing!,
      /^trailing :status,200 content-type,application\/grpc grpc-status,14 grpc-message,upstream \S+ /,
    );
    assert.match(close!, /^close 14 upstream \S+ /);
  }
});

Deno.test("a call given up resets its stream and is heard of no more", async () => {
  const reset = Promise.withResolvers<number>();
  await withServer((stream) => {
    stream.on("close", () => reset.resolve(stream.rstCode));
    stream.respond({ ":status": 200 });
    stream.write(frameOf(latin1("one")));
  }, async (calls, port) => {
    const { stream, heard } = open(calls);
    stream.send(latin1("x"), true);
    while (heard.length < 2) {
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    stream.cancel();
    assert.equal(await reset.promise, 8);
    assert.equal(heard.length, 2);
    assert.equal(port.streams.size, 0);
  });
});

Deno.test("messages are the same however their bytes are cut", () => {
  const messages = ["", "a", "some longer message", "", "x".repeat(300)];
  const all = messages.map((message) => text(frameOf(latin1(message)))).join(
    "",
  );
  for (const cut of [1, 2, 4, 5, 6, 7, 100, 1000]) {
    const reader = new FrameReader(300);
    const found: string[] = [];
    for (let at = 0; at < all.length; at += cut) {
      const bytes = latin1(all.slice(at, at + cut));
      found.push(...reader.push(bytes).map(text));
    }
    assert.deepEqual(found, messages, `cut at ${cut}`);
  }
  assert.throws(() => new FrameReader(3).push(frameOf(latin1("four"))));
  assert.throws(() => new FrameReader(9).push(latin1("\x02\0\0\0\0")));
});

Deno.test("random bytes are messages or an error, and never more than came", () => {
  for (let i = 0; i < 2000; i++) {
    const bytes = crypto.getRandomValues(new Uint8Array(i % 64));
    for (let at = 0; at < bytes.length; at += 5) bytes[at]! &= 1;
    try {
      const got = new FrameReader(1e9).push(bytes)
        .reduce((n, message) => n + message.length, 0);
      assert(got <= bytes.length);
    } catch (error) {
      assert.match((error as Error).message, /^a message/);
    }
  }
});

Deno.test("messages that wait for the guest hold back the server", async () => {
  let written = 0;
  await withServer((stream) => {
    stream.respond({ ":status": 200 });
    const frame = frameOf(new Uint8Array(16 * 1024));
    const more = () => {
      if (stream.destroyed || written > 64 * 1024 * 1024) return;
      written += frame.length;
      stream.write(frame, (error) => error || more());
    };
    more();
  }, async (calls) => {
    const waiting: (() => void)[] = [];
    const stream = calls.grpc(CALL, {
      initial() {},
      message: (_bytes, done) => waiting.push(done),
      trailing() {},
      close() {},
    });
    stream.send(latin1("x"), true);
    let before = -1;
    while (written !== before) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    const came = waiting.length;
    assert(came > 0 && came < 64, `${came} messages came`);
    assert(written < 8 * 1024 * 1024, `${written} bytes were written`);
    for (const done of waiting.splice(0)) done();
    while (waiting.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    stream.cancel();
  });
});

Deno.test("a guest that sends what nobody takes has its stream ended", async () => {
  using silent = new RawServer(async (peer) => {
    await peer.until("never");
  });
  using port = portTo(silent.address);
  const { stream, closed } = open(callsOf(port, 100_000));
  for (let i = 0; i < 10; i++) stream.send(new Uint8Array(30_000), false);
  assert.match((await closed).at(-1)!, /^close 8 .* wait to be sent/);
});
