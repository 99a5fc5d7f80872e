/** Functions that call services outside while their own request waits: over HTTP, and over gRPC. */
import assert from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { encodePairs } from "../../../abi/mod.ts";
import { assemble } from "../../e2e/harness/guests.ts";
import { type Demo, type DemoOptions, withDemo } from "./harness.ts";

/** Bytes as WebAssembly text has them in a data section. */
function data(at: number, bytes: string | Uint8Array): string {
  const all = typeof bytes === "string"
    ? new TextEncoder().encode(bytes)
    : bytes;
  const hex = [...all].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`);
  return `(data (i32.const ${at}) "${hex.join("")}")`;
}

/** One request at a time: it pauses, begins a call, and answers with what the call brings. */
function guest(upstream: string, rest: string): string {
  const fields = encodePairs([
    [":method", "GET"],
    [":path", "/asked"],
    [":authority", "somewhere"],
  ]);
  return `(module
    (import "env" "proxy_http_call" (func $http
      (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_grpc_call" (func $grpc
      (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_get_buffer_bytes"
      (func $get (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_set_effective_context"
      (func $be (param i32) (result i32)))
    (import "env" "proxy_send_local_response" (func $local
      (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 4)
    (global $stream (mut i32) (i32.const 0))
    ${data(0, upstream)}
    ${data(256, fields)}
    ${data(512, "pkg.Svc")}
    ${data(520, "Do")}
    ${data(530, "ask")}
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param i32) (result i32) (i32.const 65536))
    (func $call_http (result i32) (call $http
      (i32.const 0) (i32.const ${upstream.length})
      (i32.const 256) (i32.const ${fields.length})
      (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
      (i32.const 2000) (i32.const 1000)))
    (func $call_grpc (result i32) (call $grpc
      (i32.const 0) (i32.const ${upstream.length})
      (i32.const 512) (i32.const 7) (i32.const 520) (i32.const 2)
      (i32.const 0) (i32.const 0) (i32.const 530) (i32.const 3)
      (i32.const 2000) (i32.const 1000)))
    (func $answer (param $status i32) (param $buffer i32)
      (drop (call $be (global.get $stream)))
      (i64.store (i32.const 1008) (i64.const 0))
      (drop (call $get (local.get $buffer) (i32.const 0) (i32.const -1)
        (i32.const 1008) (i32.const 1012)))
      (drop (call $local (local.get $status) (i32.const 0) (i32.const 0)
        (i32.load (i32.const 1008)) (i32.load (i32.const 1012))
        (i32.const 0) (i32.const 0) (i32.const -1))))
    ${rest})`;
}

const HTTP = `
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (global.set $stream (local.get 0))
    (if (call $call_http) (then (call $answer (i32.const 500) (i32.const 8))))
    (i32.const 1))
  (func (export "proxy_on_http_call_response") (param i32 i32 i32 i32 i32)
    (call $answer
      (i32.add (i32.const 200) (local.get 2)) (i32.const 4)))`;

const GRPC = `
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (global.set $stream (local.get 0))
    (if (call $call_grpc) (then (call $answer (i32.const 500) (i32.const 8))))
    (i32.const 1))
  (func (export "proxy_on_grpc_receive") (param i32 i32 i32)
    (call $answer (i32.const 200) (i32.const 5)))
  (func (export "proxy_on_grpc_close") (param i32 i32 i32)
    (call $answer (i32.add (i32.const 400) (local.get 2)) (i32.const 8)))`;

async function withGuest(
  text: string,
  options: Pick<DemoOptions, "clusters" | "settings">,
  test: (demo: Demo) => Promise<void>,
): Promise<void> {
  const modules = { "p.wasm": await assemble(text) };
  await withDemo({ ...options, modules, functions: { p: "p.wasm" } }, test);
}

/** A service that answers `path host`, with two fields of its own. */
async function withService(
  test: (authority: string) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const open = new Set<Deno.Conn>();
  const serve = async (socket: Deno.Conn) => {
    const buffer = new Uint8Array(4096);
    for (;;) {
      const count = await socket.read(buffer);
      if (count === null) return;
      const head = new TextDecoder().decode(buffer.subarray(0, count));
      const [, path, host] = /^GET (\S+) .*\r\nhost: (\S+)/.exec(head) ?? [];
      const body = `${path} ${host}`;
      await socket.write(
        new TextEncoder().encode(
          `HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
        ),
      );
    }
  };
  (async () => {
    for await (const socket of listener) {
      open.add(socket);
      serve(socket).catch(() => {});
    }
  })();
  try {
    await test(`127.0.0.1:${port}`);
  } finally {
    listener.close();
    for (const socket of open) socket.close();
  }
}

Deno.test("a function calls a cluster while its request waits, and answers with what it got", () =>
  withService((authority) =>
    withGuest(
      guest("web", HTTP),
      { clusters: { web: `http://${authority}` } },
      async ({ ask }) => {
        // 200, and the three fields of the response.
        for (let i = 0; i < 3; i++) {
          assert.deepEqual(await ask("/"), [203, "/asked somewhere"]);
        }
      },
    )
  ));

Deno.test("an address is called where a setting permits it, and else is unknown", () =>
  withService(async (authority) => {
    const text = guest(authority, HTTP);
    await withGuest(text, { settings: { calls: authority } }, async (demo) => {
      assert.deepEqual(await demo.ask("/"), [203, "/asked somewhere"]);
    });
    await withGuest(text, {}, async (demo) => {
      assert.equal((await demo.ask("/"))[0], 500);
      await demo.logged(/names the upstream .* not among the setting/);
    });
  }));

Deno.test("a service that is not there answers 503 to the function", () =>
  withGuest(
    guest("web", HTTP),
    { clusters: { web: "http://127.0.0.1:1" } },
    async ({ ask }) => {
      const [status, body] = await ask("/");
      assert.equal(status, 203);
      assert.match(body, /remote connection failure/);
    },
  ));

Deno.test("a function makes a gRPC call and answers with its message, or its status", async () => {
  const server = createServer();
  let known = true;
  server.on("stream", (stream: ServerHttp2Stream) => {
    let asked = "";
    stream.on("data", (bytes: Uint8Array) => {
      asked += new TextDecoder().decode(bytes);
    });
    stream.on("end", () => {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.on(
        "wantTrailers",
        () => stream.sendTrailers({ "grpc-status": known ? "0" : "5" }),
      );
      if (known) stream.write(`\0\0\0\0\x06got ${asked.slice(5, 7)}`);
      stream.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  await withGuest(
    guest("auth", GRPC),
    { clusters: { auth: { url, http2: true } } },
    async ({ ask }) => {
      assert.deepEqual(await ask("/"), [200, "got as"]);
      known = false;
      assert.equal((await ask("/"))[0], 405);
    },
  );
  await new Promise((resolve) => server.close(resolve));
});

Deno.test("a guest that fails while its call is under way hears nothing of it, and its successor serves", () =>
  withService((authority) =>
    withGuest(
      guest(
        "web",
        `(global $calls (mut i32) (i32.const 0))
        (func (export "proxy_on_request_headers")
          (param i32 i32 i32) (result i32)
          (global.set $stream (local.get 0))
          (drop (call $call_http))
          (if (i32.gt_u (local.get 1) (i32.const 40)) (then unreachable))
          (i32.const 1))
        (func (export "proxy_on_http_call_response")
          (param i32 i32 i32 i32 i32)
          (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
          (call $answer
            (i32.add (i32.const 200) (global.get $calls)) (i32.const 4)))`,
      ),
      { clusters: { web: `http://${authority}` } },
      async ({ ask }) => {
        const many = Array.from({ length: 45 }, (_, i) => [`x-${i}`, "1"]);
        const headers = Object.fromEntries(many);
        assert.equal((await ask("/", { headers }))[0], 500);
        let answer = await ask("/");
        while (answer[0] === 503) {
          await new Promise((resolve) => setTimeout(resolve, 20));
          answer = await ask("/");
        }
        assert.deepEqual(answer, [201, "/asked somewhere"]);
      },
    )
  ));
