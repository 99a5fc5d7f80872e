/** What functions and a service behind them are told of a request's head, however the client wrote it. */
import assert from "node:assert/strict";
import { connect } from "node:http2";
import { assemble } from "../../e2e/harness/guests.ts";
import { withDemo } from "./harness.ts";

/** A filter that writes into `x-end` whether the request ends with its headers. */
const END = `(module
  (import "env" "proxy_replace_header_map_value"
    (func $header (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 8) "x-end")
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 4096))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (i32.store8 (i32.const 16) (i32.add (i32.const 48) (local.get 2)))
    (drop (call $header (i32.const 0) (i32.const 8) (i32.const 5)
      (i32.const 16) (i32.const 1)))
    (i32.const 0)))`;

/** Sends a head as it is, and what follows; gives the head that comes back. */
type Send = (head: string, body?: string) => Promise<string>;

/** A service behind the filter that answers each request with its head and body as they came. */
async function withHeads(
  test: (send: Send, heads: string[], port: number) => Promise<void>,
): Promise<void> {
  const heads: string[] = [];
  const service = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = (async () => {
    for await (const peer of service) answer(peer, heads);
  })();
  const upstream = `http://127.0.0.1:${service.addr.port}`;
  try {
    await withDemo({
      modules: { "end.wasm": await assemble(END) },
      functions: { end: { path: "end.wasm", upstream } },
    }, async ({ host }) => {
      const port = host.summary.httpPort;
      await test((head, body) => send(port, head, body), heads, port);
    });
  } finally {
    service.close();
    await serving;
  }
}

async function answer(peer: Deno.TcpConn, heads: string[]): Promise<void> {
  heads.push(await until(peer, "\r\n\r\n"));
  await peer.write(
    encoder.encode(
      "HTTP/1.1 204 None\r\nconnection: close\r\nkeep-alive: timeout=5\r\nx-own: 1\r\n\r\n",
    ),
  );
  peer.close();
}

async function send(port: number, head: string, body = ""): Promise<string> {
  using peer = await Deno.connect({ hostname: "127.0.0.1", port });
  await peer.write(encoder.encode(`${head}\r\n\r\n${body}`));
  return await until(peer, "\r\n\r\n");
}

async function until(peer: Deno.TcpConn, end: string): Promise<string> {
  let text = "";
  const part = new Uint8Array(4096);
  while (!text.includes(end)) {
    const count = await peer.read(part);
    if (count === null) break;
    text += new TextDecoder().decode(part.subarray(0, count));
  }
  return text.slice(0, text.indexOf(end) + end.length);
}

const encoder = new TextEncoder();

for (const method of ["DELETE", "OPTIONS", "POST", "PUT"]) {
  Deno.test(`a ${method} that announces no body ends with its headers, here and at the service`, () =>
    withHeads(async (send, heads) => {
      await send(`${method} / HTTP/1.1\r\nhost: a.test`);
      assert.match(heads[0]!, /^x-end: 1\r$/m);
      assert.doesNotMatch(heads[0]!, /transfer-encoding/);
    }));
}

Deno.test("a body that is announced is passed on", () =>
  withHeads(async (send, heads) => {
    const head = "DELETE / HTTP/1.1\r\nhost: a.test\r\n";
    await send(`${head}content-length: 3`, "abc");
    await send(`${head}transfer-encoding: chunked`, "1\r\nx\r\n0\r\n\r\n");
    assert.match(heads[0]!, /^x-end: 0\r$/m);
    assert.match(heads[1]!, /^x-end: 0\r$/m);
  }));

Deno.test("a GET may have a body, and the service gets it", () =>
  withHeads(async (send, heads) => {
    const head = "GET / HTTP/1.1\r\nhost: a.test\r\n";
    await send(`${head}content-length: 3`, "abc");
    await send(`${head}transfer-encoding: chunked`, "1\r\nx\r\n0\r\n\r\n");
    await send(`${head}content-length: 0`);
    assert.match(heads[0]!, /^content-length: 3\r$/m);
    assert.match(heads[1]!, /^transfer-encoding: chunked\r$/m);
    assert.match(heads[2]!, /^x-end: 1\r$/m);
  }));

Deno.test("the authority of an absolute target goes before the host", () =>
  withHeads(async (send, heads) => {
    await send("GET http://b.test/p?q HTTP/1.1\r\nhost: a.test");
    await send("GET http://b.test?q=/ HTTP/1.1\r\nhost: a.test");
    assert.match(heads[0]!, /^GET \/p\?q HTTP\/1.1\r\nhost: b\.test\r$/m);
    assert.match(heads[1]!, /^GET \/\?q=\/ HTTP\/1.1\r\nhost: b\.test\r$/m);
  }));

Deno.test("a client that speaks HTTP/2 names the authority without a host, and sends bodies that it did not announce", () =>
  withHeads(async (_, heads, port) => {
    const client = connect(`http://127.0.0.1:${port}`);
    try {
      for (const host of [{}, { host: "c.test" }]) {
        const stream = client.request({
          ":method": "POST",
          ":authority": "b.test",
          ...host,
        });
        stream.end("abc");
        await new Promise((resolve) => stream.on("response", resolve));
      }
    } finally {
      client.close();
    }
    for (const head of heads) {
      assert.match(head, /^host: b\.test\r$/m);
      assert.match(head, /^x-end: 0\r$/m);
    }
    assert.equal(heads.length, 2);
  }));

for (const host of ["a.test/b", "a.test?b", "a.test\\b"]) {
  Deno.test(`a host that is none (${host}) cannot move the path`, () =>
    withHeads(async (send, heads) => {
      const head = await send(`GET /x HTTP/1.1\r\nhost: ${host}`);
      assert.match(head, /^HTTP\/1.1 400 /);
      assert.deepEqual(heads, []);
    }));
}

Deno.test("nobody is asked for a tunnel", () =>
  withHeads(async (send, heads) => {
    const head = await send("CONNECT b.test:80 HTTP/1.1\r\nhost: b.test:80");
    assert.match(head, /^HTTP\/1.1 501 /);
    assert.deepEqual(heads, []);
  }));

Deno.test("what a service says of its own connection is not said of the client's", () =>
  withHeads(async (send) => {
    const head = await send("GET / HTTP/1.1\r\nhost: a.test");
    assert.match(head, /^x-own: 1\r$/m);
    assert.doesNotMatch(head, /^(connection|keep-alive):/m);
  }));
