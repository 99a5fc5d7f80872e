/** Trailers of HTTP/1.1, which Envoy lets through only where its file says so. */
import assert from "node:assert/strict";
import { RawServer } from "../upstream/harness.ts";
import { plugin, withEnvoy } from "./harness.ts";
import { cluster, file, http, wasm } from "./yaml.ts";

const TO_SERVICE = `{ match: { prefix: / }, route: { cluster: service } }`;

/** Says `q` of a request's trailers, `r` of a response's. */
const SAYS = plugin({
  proxy_on_request_trailers: `(call $say (i32.const 113)) (i32.const 0)`,
  proxy_on_response_trailers: `(call $say (i32.const 114)) (i32.const 0)`,
  proxy_on_log: `(call $say (i32.const 108))`,
});

const REQUEST =
  "POST / HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n" +
  "2\r\nhi\r\n0\r\nx-asked: 1\r\n\r\n";

/** What the service gets, and the client, and what the plugin says. */
async function exchanged(options: string): Promise<[string, string, string]> {
  let asked = "";
  let said = "";
  let answer = "";
  using service = new RawServer(async (peer) => {
    asked = await peer.until("\r\n0\r\n");
    if (options.includes("true")) asked += await peer.until("\r\n\r\n");
    await peer.send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-said: 2\r\n\r\n",
    );
    peer.close();
  });
  const port = Number(service.address.split(":")[1]);
  await withEnvoy(
    file([http("one", [wasm("@a@")], [TO_SERVICE], options)], [
      cluster("service", port),
    ]),
    { a: SAYS },
    async ({ url, log, logged }) => {
      const { hostname, port } = new URL(url());
      using conn = await Deno.connect({ hostname, port: Number(port) });
      await conn.write(new TextEncoder().encode(REQUEST));
      answer = await new Response(conn.readable).text();
      await logged("wasm log: l", 1);
      said = [...log().matchAll(/wasm log[a-z ]*: ([qr])\n/g)]
        .map(([, letter]) => letter).join("");
    },
  );
  return [asked, answer, said];
}

Deno.test("trailers go through a listener that lets them, both ways and past its plugins", async () => {
  const [asked, answer, said] = await exchanged(
    "http_protocol_options: { enable_trailers: true }",
  );
  assert.match(asked, /\r\nhi\r\n0\r\nx-asked: 1\r\n\r\n$/);
  assert.match(answer, /\r\nok\r\n0\r\nx-said: 2\r\n\r\n$/);
  assert.equal(said, "qr");
});

Deno.test("else they are dropped, and a plugin does not see a request's", async () => {
  const [asked, answer, said] = await exchanged(
    "http_protocol_options: { enable_trailers: false }",
  );
  assert.doesNotMatch(asked, /x-asked/);
  assert.match(answer, /\r\n\r\n(?:2\r\n)?ok(?:\r\n0\r\n\r\n)?$/);
  assert.doesNotMatch(said, /q/);
});
