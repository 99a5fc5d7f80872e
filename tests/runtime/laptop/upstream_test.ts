import assert from "node:assert/strict";
import { within } from "../../../proto/after.ts";
import { assemble } from "../../e2e/harness/guests.ts";
import { RawServer } from "../upstream/harness.ts";
import { type Demo, withDemo } from "./harness.ts";

/** A filter that marks what goes through it: a field in either direction, a letter at the end of either body. */
const MARKS = `(module
  (import "env" "proxy_set_buffer_bytes"
    (func $set (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_replace_header_map_value"
    (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (import "env" "proxy_remove_header_map_value"
    (func $remove (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "x-mark")
  (data (i32.const 16) "content-length")
  (data (i32.const 32) "pq")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 4096))
  (func $mark (param i32)
    (drop (call $remove (local.get 0) (i32.const 16) (i32.const 14)))
    (drop (call $header (local.get 0) (i32.const 8) (i32.const 6)
      (i32.const 32) (i32.const 1))))
  (func $end (param $buffer i32) (param $end i32)
    (if (local.get $end) (then
      (drop (call $set (local.get $buffer) (i32.const -1) (i32.const 0)
        (i32.add (i32.const 32) (local.get $buffer)) (i32.const 1))))))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (call $mark (i32.const 0)) (i32.const 0))
  (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
    (call $end (i32.const 0) (local.get 2)) (i32.const 0))
  (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
    (call $mark (i32.const 2)) (i32.const 0))
  (func (export "proxy_on_response_body") (param i32 i32 i32) (result i32)
    (call $end (i32.const 1) (local.get 2)) (i32.const 0)))`;

interface Behind {
  /** What the service behind saw of each request: method, path, mark and body. */
  saw: string[];
  demo: Demo;
  url: string;
}

/** `answer` is the service behind the filter. */
async function withFilter(
  answer: (request: Request, body: string) => Response | Promise<Response>,
  test: (behind: Behind) => Promise<void>,
): Promise<void> {
  const saw: string[] = [];
  const service = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const body = await request.text();
      const { pathname, search } = new URL(request.url);
      const mark = request.headers.get("x-mark");
      saw.push(`${request.method} ${pathname}${search} ${mark} ${body}`);
      return await answer(request, body);
    },
  );
  const upstream = `http://127.0.0.1:${service.addr.port}`;
  try {
    await withDemo({
      modules: { "marks.wasm": await assemble(MARKS) },
      functions: { marks: { path: "marks.wasm", upstream } },
    }, async (demo) => {
      const url = `http://127.0.0.1:${demo.host.summary.httpPort}`;
      await test({ saw, demo, url });
    });
  } finally {
    await service.shutdown();
  }
}

Deno.test("a filter stands before a service: both see what it made of the other", () =>
  withFilter(
    (_, body) => new Response(`got ${body.length}`, { status: 201 }),
    async ({ saw, url }) => {
      const plain = await fetch(`${url}/a?b=c`);
      assert.equal(plain.status, 201);
      assert.equal(plain.headers.get("x-mark"), "p");
      assert.equal(await plain.text(), "got 0q");
      const post = await fetch(`${url}/post`, { method: "POST", body: "four" });
      assert.equal(await post.text(), "got 5q");
      assert.deepEqual(saw, ["GET /a?b=c p ", "POST /post p fourp"]);
    },
  ));

Deno.test("bodies go through in parts, both ways at once", () =>
  withFilter(
    () => new Response("unused"),
    async ({ url, saw }) => {
      const parts = Array.from({ length: 50 }, () => new Uint8Array(40_000));
      const response = await fetch(url, {
        method: "POST",
        body: ReadableStream.from(parts),
      });
      assert.equal(await response.text(), "unusedq");
      assert.equal(saw[0]!.length, "POST / p ".length + 2_000_001);
    },
  ));

Deno.test("an answer larger than what may be held reaches a client that reads slowly", () =>
  withFilter(
    () => {
      const parts = Array.from({ length: 100 }, () => new Uint8Array(200_000));
      return new Response(ReadableStream.from(parts));
    },
    async ({ url }) => {
      const response = await fetch(url);
      let size = 0;
      for await (const part of response.body!) {
        size += part.length;
        if (size < 1_000_000) await new Promise((r) => setTimeout(r, 5));
      }
      assert.equal(size, 20_000_001);
    },
  ));

Deno.test("a length that was announced stays, and a body that a function made longer arrives whole (trap 26)", async () => {
  const service = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("12345"),
  );
  const upstream = `http://127.0.0.1:${service.addr.port}`;
  const modules = {
    "marks.wasm": await assemble(MARKS),
    "plain.wasm": await assemble(`(module (memory (export "memory") 1)
      (func (export "proxy_abi_version_0_2_1")))`),
  };
  try {
    for (
      const [name, method, length] of [
        ["plain", "GET", "5"],
        ["plain", "HEAD", "5"],
        ["marks", "GET", undefined],
      ] as const
    ) {
      const functions = { f: { path: `${name}.wasm`, upstream } };
      await withDemo({ modules, functions }, async ({ host }) => {
        const url = `http://127.0.0.1:${host.summary.httpPort}`;
        const response = await fetch(url, { method });
        const announced = response.headers.get("content-length");
        if (length !== undefined) assert.equal(announced, length);
        const text = await response.text();
        if (length === undefined) assert.equal(text, "12345q");
      });
    }
  } finally {
    await service.shutdown();
  }
});

Deno.test("a length that a changed body does not fit is never sent: such a request is 503, such a response gets another (trap 26)", async () => {
  const service = Deno.serve(
    {
      hostname: "127.0.0.1",
      port: 0,
      onListen() {},
      // Of a request that was broken off.
      onError: () => new Response(null, { status: 500 }),
    },
    async (request) => new Response(await request.text() && "body"),
  );
  const upstream = `http://127.0.0.1:${service.addr.port}`;
  const changes = (side: string, buffer: number, length: number) =>
    assemble(`(module
      (import "env" "proxy_set_buffer_bytes"
        (func $set (param i32 i32 i32 i32 i32) (result i32)))
      (memory (export "memory") 1)
      (data (i32.const 8) "longer")
      (func (export "proxy_abi_version_0_2_1"))
      (func (export "proxy_on_${side}_body") (param i32 i32 i32) (result i32)
        (drop (call $set (i32.const ${buffer}) (i32.const 0) (i32.const 99)
          (i32.const 8) (i32.const ${length})))
        (i32.const 0)))`);
  try {
    for (const text of ["l", "longer"]) {
      const modules = {
        "request.wasm": await changes("request", 0, text.length),
        "response.wasm": await changes("response", 1, text.length),
      };
      const functions = {
        request: { path: "request.wasm", upstream },
        response: { path: "response.wasm", upstream },
      };
      await withDemo({ modules, functions }, async ({ ask }) => {
        const post = (id: string) =>
          ask("/", { method: "POST", body: "body", headers: { id } });
        assert.equal((await post("request"))[0], 503);
        assert.deepEqual(await post("response"), [200, text]);
      });
    }
  } finally {
    await service.shutdown();
  }
});

Deno.test("trailers that a function makes at the end of a body reach the service (trap 26)", async () => {
  const wat = `(module
    (import "env" "proxy_add_header_map_value"
      (func $add (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_remove_header_map_value"
      (func $remove (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "content-length")
    (data (i32.const 32) "x-madeyes")
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop (call $remove (i32.const 0) (i32.const 8) (i32.const 14)))
      (i32.const 0))
    (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
      (if (local.get 2) (then (drop (call $add (i32.const 1)
        (i32.const 32) (i32.const 6) (i32.const 38) (i32.const 3)))))
      (i32.const 0)))`;
  let got = "";
  using service = new RawServer(async (peer) => {
    got = await peer.until("\r\n\r\n4\r\nbody\r\n0\r\nx-made: yes\r\n\r\n");
    await peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    peer.close();
  });
  const modules = { "makes.wasm": await assemble(wat) };
  const upstream = `http://${service.address}`;
  const functions = { makes: { path: "makes.wasm", upstream } };
  await withDemo({ modules, functions }, async ({ ask }) => {
    const post = { method: "POST", body: "body" };
    assert.deepEqual(await ask("/", post), [200, "ok"]);
  });
  assert.match(got, /transfer-encoding: chunked/);
});

Deno.test("a response that a function wants whole and is over the limit is 500 (trap 25)", async () => {
  const service = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("123456789"),
  );
  const modules = {
    "holds.wasm": await assemble(`(module
      (memory (export "memory") 1)
      (func (export "proxy_abi_version_0_2_1"))
      (func (export "proxy_on_response_headers")
        (param i32 i32 i32) (result i32) (i32.const 3))
      (func (export "proxy_on_response_body")
        (param i32 i32 i32) (result i32) unreachable))`),
  };
  const upstream = `http://127.0.0.1:${service.addr.port}`;
  const functions = {
    holds: { path: "holds.wasm", upstream, "body-limit": 8 },
  };
  try {
    await withDemo({ modules, functions }, async ({ ask, log }) => {
      const [status, text] = await ask("/");
      assert.equal(status, 500);
      assert.match(
        JSON.parse(text).error,
        /function holds: the response body is over the limit of 8 bytes/,
      );
      assert.doesNotMatch(log(), /failed/);
    });
  } finally {
    await service.shutdown();
  }
});

Deno.test("HEAD, 204 and 304 have no body", () =>
  withFilter(
    (request) => {
      const status = Number(new URL(request.url).pathname.slice(1)) || 200;
      return new Response(status === 200 ? "text" : null, { status });
    },
    async ({ url }) => {
      const head = await fetch(url, { method: "HEAD" });
      assert.equal(head.status, 200);
      assert.equal(await head.text(), "");
      for (const status of [204, 304]) {
        const response = await fetch(`${url}/${status}`);
        assert.equal(response.status, status);
        assert.equal(await response.text(), "");
      }
    },
  ));

Deno.test("a service that is not there is 503 and the function sees it as any answer", async () => {
  const modules = { "marks.wasm": await assemble(MARKS) };
  const upstream = "http://127.0.0.1:1";
  const functions = { marks: { path: "marks.wasm", upstream } };
  await withDemo({ modules, functions }, async ({ ask, host }) => {
    const [status, text] = await ask("/");
    assert.equal(status, 503);
    assert.match(text, /^upstream connect error.*q$/);
    const url = `http://127.0.0.1:${host.summary.httpPort}`;
    const response = await fetch(url);
    assert.equal(response.headers.get("x-mark"), "p");
    await response.body?.cancel();
  });
});

Deno.test("a function in front of a TCP service sees both directions and edits them", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async () => {
    for await (const conn of listener) {
      const buffer = new Uint8Array(100);
      const size = await conn.read(buffer) ?? 0;
      const said = new TextDecoder().decode(buffer.subarray(0, size));
      await conn.write(new TextEncoder().encode(`you said ${said}`));
      conn.close();
    }
  };
  const served = serve();
  const wat = `(module
    (import "env" "proxy_set_buffer_bytes"
      (func $set (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 8) "<>")
    (func (export "proxy_abi_version_0_2_1"))
    (func $wrap (param $buffer i32) (param $size i32)
      (if (local.get $size) (then
        (drop (call $set (local.get $buffer) (i32.const -1) (i32.const 0)
          (i32.const 9) (i32.const 1)))
        (drop (call $set (local.get $buffer) (i32.const 0) (i32.const 0)
          (i32.const 8) (i32.const 1))))))
    (func (export "proxy_on_downstream_data") (param i32 i32 i32) (result i32)
      (call $wrap (i32.const 2) (local.get 1)) (i32.const 0))
    (func (export "proxy_on_upstream_data") (param i32 i32 i32) (result i32)
      (call $wrap (i32.const 3) (local.get 1)) (i32.const 0)))`;
  const { port } = listener.addr as Deno.NetAddr;
  const functions = {
    wrap: { path: "wrap.wasm", upstream: `tcp://127.0.0.1:${port}` },
  };
  const modules = { "wrap.wasm": await assemble(wat) };
  try {
    await withDemo({ modules, functions }, async ({ host }) => {
      for (let i = 0; i < 3; i++) {
        const conn = await Deno.connect({
          hostname: "127.0.0.1",
          port: host.summary.httpPort,
        });
        await conn.write(new TextEncoder().encode("hi"));
        const text = await new Response(conn.readable).text();
        assert.equal(text, "<you said <hi>>");
      }
    });
  } finally {
    listener.close();
    await served;
  }
});

Deno.test("a function before a TCP service cannot share its port", async () => {
  const functions = {
    f1: { path: "f1.wasm", upstream: "tcp://127.0.0.1:1" },
    f2: "f2.wasm",
  };
  await assert.rejects(
    withDemo({ functions }, () => Promise.resolve()),
    /function f1 .*has to be the only one on its port/,
  );
});

Deno.test("the setting callbacks makes a Layotto function a stream, and the other way round", async () => {
  const says = (callbacks: string) => ({
    functions: { f2: { path: "f2.wasm", callbacks } },
  });
  // f2 looks its body up, and the query stands for a body in Layotto's sequence alone.
  await withDemo(says("layotto"), async ({ ask, put }) => {
    await put({ book1: "100" });
    assert.deepEqual(await ask("/?book1"), [200, "100"]);
  });
  await withDemo(says("envoy"), async ({ ask, put }) => {
    await put({ book1: "100" });
    assert.deepEqual(await ask("/?book1"), [200, ""]);
    const post = { method: "POST", body: "book1" };
    assert.deepEqual(await ask("/", post), [200, "100"]);
  });
});

Deno.test("a client that goes away takes the request to the service with it", async () => {
  const gone = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await withFilter(
    (request) => {
      request.signal.addEventListener("abort", () => gone.resolve());
      asked.resolve();
      return new Promise<Response>((resolve) =>
        gone.promise.then(() => resolve(new Response("late")))
      );
    },
    async ({ url, demo }) => {
      const controller = new AbortController();
      const answer = fetch(url, { signal: controller.signal });
      await asked.promise;
      controller.abort();
      await assert.rejects(answer);
      await gone.promise;
      // And the function serves on.
      const { host } = demo;
      assert.ok(host.summary.httpPort > 0);
    },
  );
});

Deno.test("the connection of a client that sends nothing more is closed, though no answer was there yet", async () => {
  const asked = Promise.withResolvers<void>();
  const over = Promise.withResolvers<Response>();
  await withFilter(
    () => {
      asked.resolve();
      return over.promise;
    },
    async ({ demo }) => {
      using conn = await Deno.connect({
        hostname: "127.0.0.1",
        port: demo.host.summary.httpPort,
      });
      await conn.write(
        new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
      );
      await asked.promise;
      await conn.closeWrite();
      const end = conn.readable.pipeTo(new WritableStream());
      const closed = await within(10_000, end.then(() => true));
      over.resolve(new Response());
      assert.equal(closed, true);
    },
  );
});

Deno.test("a client that does not read holds the service back", async () => {
  let sent = 0;
  const part = new Uint8Array(64 * 1024);
  await withFilter(
    () =>
      new Response(
        new ReadableStream({
          pull(controller) {
            sent += part.length;
            if (sent > 200 * 1024 * 1024) controller.close();
            else controller.enqueue(part);
          },
        }, { highWaterMark: 0 }),
      ),
    async ({ demo }) => {
      const conn = await Deno.connect({
        hostname: "127.0.0.1",
        port: demo.host.summary.httpPort,
      });
      await conn.write(
        new TextEncoder().encode("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
      );
      // Until the service has not been asked for more for a while: what is held is in windows and socket buffers.
      for (let before = -1; before !== sent;) {
        before = sent;
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
      assert.ok(sent > 0 && sent < 32 * 1024 * 1024, `${sent} bytes`);
      conn.close();
    },
  );
});

Deno.test("what kind of body an answer of the service has is the service's to say", () =>
  withFilter(
    () => new Response(new Uint8Array(3)),
    async ({ url }) => {
      const answer = await fetch(url);
      assert.equal(answer.headers.get("content-type"), null);
      assert.equal((await answer.arrayBuffer()).byteLength, 4);
    },
  ));
