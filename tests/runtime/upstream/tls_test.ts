/** Clusters whose url is https://. */
import assert from "node:assert/strict";
import { createSecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { certificateFor } from "./certificate.ts";
import { cluster, get, Port } from "./harness.ts";

Deno.test("HTTP/1.1 over TLS: the certificate must be of a known authority and for the name", async () => {
  const { cert, key } = await certificateFor("localhost");
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen() {} },
    (request) => new Response(`secret ${new URL(request.url).protocol}`),
  );
  const { port: number } = server.addr;
  {
    const caCerts = [cert];
    using port = new Port({
      clusters: {
        known: cluster(`https://localhost:${number}`, { tls: { caCerts } }),
        unknown: cluster(`https://localhost:${number}`),
        otherName: cluster(`https://127.0.0.1:${number}`, { tls: { caCerts } }),
        plain: cluster(`http://localhost:${number}`),
      },
    });
    assert.equal((await port.request("known", get())).body, "secret https:");
    for (const name of ["unknown", "otherName", "plain"]) {
      const answer = await port.request(name, get(), { timeout: 2000 });
      assert.notEqual(answer.status, "200", name);
      assert.doesNotMatch(answer.body, /secret/);
    }
    assert.match(
      port.failures[0]!,
      /^unknown: localhost:[0-9]+: .*certificate/,
    );
  }
  await server.shutdown();
});

Deno.test("HTTP/2 over TLS checks the certificate as well", async () => {
  const { cert, key } = await certificateFor("localhost");
  const server = createSecureServer({ cert, key });
  server.on("stream", (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.end("secret");
  });
  server.on("sessionError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port: number } = server.address() as AddressInfo;
  {
    const url = `https://localhost:${number}`;
    using port = new Port({
      clusters: {
        known: cluster(url, { protocol: "http2", tls: { caCerts: [cert] } }),
        unknown: cluster(url, { protocol: "http2" }),
      },
    });
    assert.equal((await port.request("known", get())).body, "secret");
    assert.equal((await port.request("unknown", get())).status, "503");
  }
  await new Promise((resolve) => server.close(resolve));
});
