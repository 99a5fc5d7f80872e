/** What a gRPC client gets where a function has no answer: a status of gRPC's, and not JSON (ABI.md §7.29). */
import assert from "node:assert/strict";
import { assemble, fn } from "../../e2e/harness/guests.ts";
import { type Demo, type DemoOptions, withDemo } from "./harness.ts";

/** Traps as it is shown a request, or as it starts where that is what it is asked for. */
function traps(where: string): Promise<Uint8Array> {
  const params = where === "proxy_on_request_headers" ? "i32 i32 i32" : "i32";
  return assemble(`(module
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "${where}") (param ${params}) (result i32) unreachable))`);
}

/** Asks function `id` as gRPC's clients do: what the fields of the answer say, and its body. */
async function ask(
  { host }: Demo,
  id: string,
  body = "",
): Promise<[status: string | null, message: string | null]> {
  const response = await fetch(`http://127.0.0.1:${host.summary.httpPort}/`, {
    method: "POST",
    headers: { id, "content-type": "application/grpc+proto" },
    body,
  });
  assert.equal(await response.text(), "");
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/grpc");
  const { headers } = response;
  return [headers.get("grpc-status"), headers.get("grpc-message")];
}

async function demo(): Promise<DemoOptions> {
  return {
    modules: {
      "traps.wasm": await traps("proxy_on_request_headers"),
      "plain.wasm": await fn({ id: "plain", answer: "plain" }),
    },
    functions: {
      traps: { path: "traps.wasm", "body-limit": 8 },
      away: "traps.wasm",
      layotto: { path: "traps.wasm", callbacks: "layotto" },
      plain: { path: "plain.wasm", "body-limit": 8 },
    },
  };
}

Deno.test("a function that fails is unavailable to a gRPC client, wherever it lives, and counted as a failure (trap 29)", async () => {
  await withDemo(await demo(), async (running) => {
    for (const id of ["traps", "away", "layotto"]) {
      const [status, message] = await ask(running, id);
      assert.equal(status, "14", id);
      assert.match(message!, /the guest failed in proxy_on_request_headers/);
    }
    const { actuatorPort } = running.host.summary;
    const metrics = await fetch(`http://127.0.0.1:${actuatorPort}/metrics`);
    const counted = await metrics.text();
    for (const id of ["traps", "away", "layotto"]) {
      const line = `requests_total{function="${id}",code="5xx"} 1`;
      assert.ok(counted.includes(line), `${id} is counted as a failure`);
    }
  });
});

Deno.test("other errors of ours have gRPC's status for that of HTTP (trap 29)", async () => {
  await withDemo(await demo(), async (running) => {
    assert.deepEqual(await ask(running, "nobody"), [
      "12",
      'no function has the id "nobody": known are traps, away, layotto, plain',
    ]);
    for (const id of ["traps", "plain"]) {
      const [status, message] = await ask(running, id, "123456789");
      assert.equal(status, "2", id);
      assert.match(message!, /over the limit of 8 bytes/);
    }
  });
});
