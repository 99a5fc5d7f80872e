/** HTTP calls of guests: the whole answer at once, or none. */
import assert from "node:assert/strict";
import type { HttpCall, HttpCallResponse } from "../../../abi/host.ts";
import { OutsideCalls } from "../../../runtime/isolate/worker/calls.ts";
import { cluster, FN, latin1, Port, RawServer, text } from "./harness.ts";

const CALL: HttpCall = {
  upstream: "web",
  headers: [[":method", "POST"], [":path", "/"], [":authority", "a"]],
  body: new Uint8Array(0),
  trailers: [],
  timeout: 0,
};

function call(
  port: Port,
  changes: Partial<HttpCall> = {},
  bodyLimit = 1024,
): Promise<HttpCallResponse | undefined> {
  const { reach } = port.fn.spec;
  const calls = new OutsideCalls(FN, { reach, bodyLimit }, port.streams);
  return new Promise((resolve) => calls.http({ ...CALL, ...changes }, resolve));
}

function portTo(server: RawServer): Port {
  return new Port({ clusters: { web: cluster(server.address) } });
}

Deno.test("a call sends its body and trailers, and gets all of the answer", async () => {
  let sent = "";
  using server = new RawServer(async (peer) => {
    await peer.head();
    sent = await peer.until("\r\n\r\n");
    await peer.send(
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nt: 1\r\n\r\n",
    );
  });
  using port = portTo(server);
  const answer = await call(port, {
    body: latin1("body"),
    trailers: [["x", "y"]],
  });
  assert.equal(sent, "4\r\nbody\r\n0\r\nx: y\r\n\r\n");
  assert.deepEqual(answer?.headers[0], [":status", "200"]);
  assert.equal(text(answer!.body), "abc");
  assert.deepEqual(answer?.trailers, [["t", "1"]]);
});

Deno.test("an answer over the body limit, and one that breaks off, are none", async () => {
  using server = new RawServer(async (peer, n) => {
    await peer.head();
    await peer.send("HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n");
    await peer.send("x".repeat(n === 1 ? 2000 : 10));
    peer.close();
  });
  using port = portTo(server);
  assert.equal(await call(port), undefined);
  assert.equal(await call(port), undefined);
  assert.equal(port.streams.size, 0);
});

Deno.test("no answer in time is a 504, as Envoy's is", async () => {
  using server = new RawServer((peer) => peer.until("never"));
  using port = portTo(server);
  const answer = await call(port, { timeout: 30 });
  assert.deepEqual(answer?.headers[0], [":status", "504"]);
});

Deno.test("what may be called is what the configuration and the settings name", () => {
  using port = new Port({
    clusters: { web: cluster("http://h:1"), db: cluster("tcp://h:1") },
    calls: "api:80",
    upstream: "http://h:2",
  });
  const { reach } = port.fn.spec;
  const calls = new OutsideCalls(FN, { reach, bodyLimit: 0 }, port.streams);
  const known = ["web", "db", "api:80", "http://h:2", "constructor", ""]
    .filter((name) => calls.knows(name));
  assert.deepEqual(known, ["web", "api:80"]);
});
