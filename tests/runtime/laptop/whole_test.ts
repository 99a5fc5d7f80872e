/** Functions that do not live where the pod listens: requests and answers go to them and come back as a whole. */
import assert from "node:assert/strict";
import { assemble } from "../../e2e/harness/guests.ts";
import { RawServer } from "../upstream/harness.ts";
import { withDemo } from "./harness.ts";

/** A filter that lets all through, and traps at a response body of 4 bytes. */
const FILTER = `(module
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 4096))
  (func (export "proxy_on_response_body") (param i32 i32 i32) (result i32)
    (if (i32.eq (local.get 1) (i32.const 4)) (then unreachable))
    (i32.const 0)))`;

/** What the service answers, by path; then it hangs up, but for `/stall`. */
const ANSWERS: Record<string, string> = {
  "/good":
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
  "/trap": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntrap",
  "/cut": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
  "/stall": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
  "/long": "HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(100_000),
};

Deno.test("an answer that breaks off half-way becomes another, and the function serves on", async () => {
  using service = new RawServer(async (peer) => {
    const [, path = ""] = (await peer.until("\r\n\r\n")).split(" ");
    await peer.send(ANSWERS[path]!);
    // The head has been seen by then.
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (path !== "/stall") peer.close();
  });
  const upstream = `http://${service.address}`;
  await withDemo({
    modules: { "filter.wasm": await assemble(FILTER) },
    functions: {
      first: "filter.wasm",
      second: {
        path: "filter.wasm",
        upstream,
        "body-limit": "64Ki",
        "request-timeout": "500ms",
      },
    },
  }, async ({ ask }) => {
    const second = (path: string) => ask(path, { headers: { id: "second" } });
    const good = [200, "hello"];
    assert.deepEqual(await second("/good"), good);
    const trap = await second("/trap");
    assert.equal(trap[0], 500);
    assert.match(
      trap[1],
      /function second: the guest failed in proxy_on_response_body/,
    );
    assert.deepEqual(await second("/good"), good);
    const cut = await second("/cut");
    assert.equal(cut[0], 502);
    assert.match(cut[1], /function second: /);
    assert.deepEqual(await second("/good"), good);
    const long = await second("/long");
    assert.equal(long[0], 500);
    assert.match(
      long[1],
      /function second: the response body is over the limit of 65536 bytes/,
    );
    const stall = await second("/stall");
    assert.equal(stall[0], 504);
    assert.match(stall[1], /function second: no answer within 500 ms/);
    assert.deepEqual(await second("/good"), good);
  });
});
