/** What the runtime tells a plugin about a request beyond its own bytes. */
import assert from "node:assert/strict";
import { withDemo } from "./harness.ts";
import { assemble } from "../../e2e/harness/guests.ts";

/** Answers the property that the request's field `property` names, its dots for zero bytes; nothing if there is none. */
function reader(): Promise<Uint8Array> {
  return assemble(`(module
    (import "env" "proxy_get_header_map_value"
      (func $field (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_get_property"
      (func $property (param i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_set_buffer_bytes"
      (func $body (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "property")
    (global $heap (mut i32) (i32.const 1024))
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param $size i32) (result i32)
      (global.get $heap)
      (global.set $heap (i32.add (global.get $heap) (local.get $size))))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (local $at i32) (local $end i32)
      (drop (call $field (i32.const 0) (i32.const 16) (i32.const 8)
        (i32.const 32) (i32.const 36)))
      (local.set $at (i32.load (i32.const 32)))
      (local.set $end (i32.add (local.get $at) (i32.load (i32.const 36))))
      (loop $next
        (if (i32.eq (i32.load8_u (local.get $at)) (i32.const 46))
          (then (i32.store8 (local.get $at) (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $at) (local.get $end))))
      (if (i32.eqz (call $property
            (i32.load (i32.const 32)) (i32.load (i32.const 36))
            (i32.const 40) (i32.const 44)))
        (then (drop (call $body (i32.const 1) (i32.const 0) (i32.const 0)
          (i32.load (i32.const 40)) (i32.load (i32.const 44))))))
      (i32.const 0)))`);
}

/** A filter that puts `upstream.address`, `upstream.local_address` and `response.code_details` into fields of the response. */
function upstreamReader(): Promise<Uint8Array> {
  return assemble(`(module
    (import "env" "proxy_add_header_map_value"
      (func $add (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_get_property"
      (func $property (param i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "upstream\\00address")
    (data (i32.const 48) "upstream\\00local_address")
    (data (i32.const 80) "x-theirsx-oursx-details")
    (data (i32.const 144) "response\\00code_details")
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param $size i32) (result i32) (i32.const 4096))
    (func $tell (param $path i32) (param $size i32) (param $name i32)
      (param $length i32)
      (if (i32.eqz (call $property (local.get $path) (local.get $size)
            (i32.const 128) (i32.const 132)))
        (then (drop (call $add (i32.const 2) (local.get $name)
          (local.get $length) (i32.load (i32.const 128))
          (i32.load (i32.const 132)))))))
    (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
      (call $tell (i32.const 16) (i32.const 16) (i32.const 80) (i32.const 8))
      (call $tell (i32.const 48) (i32.const 22) (i32.const 88) (i32.const 6))
      (call $tell (i32.const 144) (i32.const 21) (i32.const 94) (i32.const 9))
      (i32.const 0)))`);
}

/** One function alone serves from its own isolate; of two, the main isolate passes requests on. */
for (const names of [["one"], ["one", "two"]]) {
  Deno.test(`a plugin learns the ends of its client's connection (functions: ${names})`, async () => {
    await withDemo({
      modules: { "reader.wasm": await reader() },
      functions: Object.fromEntries(names.map((name) => [name, "reader.wasm"])),
    }, async ({ ask, host }) => {
      const id = names.at(-1)!;
      const property = async (path: string) => {
        const headers = { id, property: path };
        const [status, body] = await ask("/a?b", { headers });
        assert.equal(status, 200);
        return body;
      };
      const { httpPort } = host.summary;
      assert.match(await property("source.address"), /^127\.0\.0\.1:\d+$/);
      assert.equal(
        await property("destination.address"),
        `127.0.0.1:${httpPort}`,
      );
      assert.equal(await property("request.protocol"), "HTTP/1.1");
      assert.equal(await property("request.url_path"), "/a");
      assert.equal(await property("plugin_vm_id"), id);
      // Eight bytes, of which a number this small fills one.
      assert.match(await property("connection_id"), /^[^\0]\0{7}$/);
      assert.equal(await property("upstream.address"), "");
    });
  });
}

Deno.test("a filter learns the ends of the connection to its service, and none where there was no connection", async () => {
  const service = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    (_request, { remoteAddr }) =>
      new Response(`${remoteAddr.hostname}:${remoteAddr.port}`),
  );
  const { port } = service.addr;
  try {
    await withDemo({
      modules: { "reader.wasm": await upstreamReader() },
      clusters: {
        one: `http://127.0.0.1:${port}`,
        two: { url: `http://127.0.0.1:${port}`, http2: true },
        gone: "http://127.0.0.1:1",
      },
      functions: {
        one: { path: "reader.wasm", upstream: "one" },
        two: { path: "reader.wasm", upstream: "two" },
        gone: { path: "reader.wasm", upstream: "gone" },
      },
    }, async ({ host }) => {
      const url = `http://127.0.0.1:${host.summary.httpPort}/`;
      const ask = (id: string) => fetch(url, { headers: { id } });
      for (const id of ["one", "two"]) {
        const response = await ask(id);
        const client = await response.text();
        const { headers } = response;
        assert.equal(headers.get("x-theirs"), `127.0.0.1:${port}`, id);
        assert.equal(headers.get("x-ours"), client, id);
        assert.equal(headers.get("x-details"), "via_upstream", id);
      }
      const gone = await ask("gone");
      assert.equal(gone.status, 503, await gone.text());
      assert.equal(gone.headers.get("x-theirs"), null);
      assert.equal(gone.headers.get("x-details"), null);
    });
  } finally {
    await service.shutdown();
  }
});
