/** Functions that are invoked by others: what they answer goes back as a whole. */
import assert from "node:assert/strict";
import { assemble } from "../../e2e/harness/guests.ts";
import { FILTER } from "./filter_guest.ts";
import { RawServer } from "../upstream/harness.ts";
import { withDemo } from "./harness.ts";

/** What the service answers, by path; then it hangs up, but for `/stall`. */
const ANSWERS: Record<string, string> = {
  "/good":
    "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello",
  "/trap": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\ntrap",
  "/cut": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
  "/stall": "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
  "/long": "HTTP/1.1 200 OK\r\n\r\n" + "x".repeat(100_000),
};

/** Answers with what `second` answers to that path, and 500 where it is not to be had. */
function caller(path: string): string {
  return `(module
    (import "env" "proxy_invoke_service"
      (func $invoke (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_send_local_response"
      (func $local (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 4)
    (data (i32.const 64) "second")
    (data (i32.const 80) "${path}")
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param i32) (result i32) (i32.const 65536))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (local $status i32)
      (local.set $status (i32.const 200))
      (if (call $invoke (i32.const 64) (i32.const 6) (i32.const 80)
            (i32.const ${path.length}) (i32.const 64) (i32.const 0)
            (i32.const 16) (i32.const 20))
        (then (local.set $status (i32.const 500))))
      (drop (call $local (local.get $status) (i32.const 0) (i32.const 0)
        (i32.load (i32.const 16)) (i32.load (i32.const 20))
        (i32.const 0) (i32.const 0) (i32.const -1)))
      (i32.const 1)))`;
}

Deno.test("an answer that breaks off half-way is a failure for who asked, and the function serves on", async () => {
  using service = new RawServer(async (peer) => {
    const [, path = ""] = (await peer.until("\r\n\r\n")).split(" ");
    const [head, body = ""] = ANSWERS[path]!.split("\r\n\r\n");
    await peer.send(`${head}\r\n\r\n`);
    // The head has gone on by then.
    await new Promise((resolve) => setTimeout(resolve, 50));
    await peer.send(body);
    if (path !== "/stall") peer.close();
  });
  const upstream = `http://${service.address}`;
  const names = Object.keys(ANSWERS).map((path) => path.slice(1));
  const callers = await Promise.all(
    names.map(async (name) =>
      [`${name}.wasm`, await assemble(caller(`/${name}`))] as const
    ),
  );
  await withDemo({
    modules: {
      "filter.wasm": await assemble(FILTER),
      ...Object.fromEntries(callers),
    },
    functions: {
      ...Object.fromEntries(names.map((name) => [name, `${name}.wasm`])),
      second: {
        path: "filter.wasm",
        upstream,
        "body-limit": "64Ki",
        "request-timeout": "500ms",
      },
    },
  }, async ({ ask, logged }) => {
    const call = (id: string) => ask("/", { headers: { id } });
    const reasons: [string, RegExp][] = [
      [
        "trap",
        /it answered 500 \(.*the guest failed in proxy_on_response_body/,
      ],
      ["cut", /it answered 502 \(function second: /],
      ["long", /it answered 500 \(.*over the limit of 65536 bytes/],
      ["stall", /it answered 504 \(.*no answer within 500 ms/],
    ];
    assert.deepEqual(await call("good"), [200, "hello"]);
    for (const [name, reason] of reasons) {
      assert.equal((await call(name))[0], 500, name);
      await logged(reason);
      assert.deepEqual(await call("good"), [200, "hello"], name);
    }
  });
});
