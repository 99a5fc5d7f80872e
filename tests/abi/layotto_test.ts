import assert from "node:assert/strict";
import { HostCallError, PluginInstance } from "../../abi/mod.ts";
import {
  bytes,
  options,
  RecordingHost,
  request,
  testdata,
  text,
} from "./guests.ts";

async function pair() {
  const host2 = new RecordingHost();
  host2.state = (store, key) =>
    Promise.resolve(
      bytes(store === "state_demo" && key === "book1" ? "100" : ""),
    );
  const f2 = await PluginInstance.create(
    testdata("trace_f2.wat"),
    host2,
    options(),
  );
  const host1 = new RecordingHost();
  host1.invoke = async (_id, _method, parameter) =>
    (await f2.handleHttp(request({ body: parameter, bodyIsReal: true }))).body;
  const f1 = await PluginInstance.create(
    testdata("trace_f1.wat"),
    host1,
    options(),
  );
  return { f1, f2, host1, host2 };
}

Deno.test("the demo pair of functions gives the quickstart's answer", async () => {
  const { f1, f2, host1 } = await pair();
  assert.equal(f1.functionId, "id_1");
  assert.equal(f2.functionId, "id_2");
  for (let i = 0; i < 3; i++) {
    const answer = await f1.handleHttp(request({ body: bytes("name=book1") }));
    assert.equal(text(answer.body), "There are 100 inventories for book1.");
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.headers, []);
  }
  assert.deepEqual(host1.invoked[0], ["id_2", "", "book1"]);
});

Deno.test("an answer larger than the memory grows it while the call is suspended (trap 3)", async () => {
  const { f1, host1 } = await pair();
  host1.invoke = () => Promise.resolve(new Uint8Array(200_000).fill(0x61));
  const answer = await f1.handleHttp(request({ body: bytes("name=x") }));
  assert.equal(answer.body.length, 200_000 + 10 + 17 + 1 + 1);
  assert.equal(answer.body[10 + 199_999], 0x61);
});

Deno.test("a failing service is status 10 to the guest and a line in the log", async () => {
  const { f1, f2, host1, host2 } = await pair();
  host1.invoke = () => Promise.reject(new HostCallError("no such function"));
  const answer = await f1.handleHttp(request({ body: bytes("name=x") }));
  assert.equal(answer.body.length, 0);
  assert.deepEqual(host1.lines, [
    `3 proxy_invoke_service("id_2") failed: no such function`,
  ]);
  // Thrown at once instead of rejected: still no trap.
  host2.state = () => {
    throw new HostCallError("the store is down");
  };
  const empty = await f2.handleHttp(
    request({ body: bytes("k"), bodyIsReal: true }),
  );
  assert.equal(empty.body.length, 0);
  assert.deepEqual(host2.lines, [
    `3 proxy_get_state("state_demo", "k") failed: the store is down`,
    "4 Get State failed",
  ]);
  assert.equal(f2.failed, false);
});

Deno.test("a suspended instance is busy and lets nothing else in (trap 28)", async () => {
  const { f1, host1 } = await pair();
  let release = (_: Uint8Array) => {};
  host1.invoke = () => new Promise((resolve) => release = resolve);
  const first = f1.handleHttp(request({ body: bytes("name=a") }));
  while (host1.invoked.length === 0) await new Promise((r) => setTimeout(r));
  assert.equal(f1.busy, true);
  assert.throws(() => f1.handleHttp(request()), /busy/);
  release(bytes("7"));
  assert.equal(text((await first).body), "There are 7 inventories for a.");
  assert.equal(f1.busy, false);
});

Deno.test("a query without = traps in f1 and the instance is done for", async () => {
  const { f1 } = await pair();
  await assert.rejects(
    async () => await f1.handleHttp(request({ body: bytes("book1") })),
    { name: "GuestTrap", callback: "proxy_on_request_body" },
  );
  assert.equal(f1.failed, true);
  assert.equal(f1.busy, false);
  assert.throws(() => f1.handleHttp(request()), /failed/);
});
