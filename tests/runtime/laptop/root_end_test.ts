/** The end of a plugin: its root contexts hear `proxy_on_done` and `proxy_on_delete`, whatever ends it (ABI.md §2.5). */
import assert from "node:assert/strict";
import { endingGuest } from "./ending_guest.ts";
import { type Demo, withDemo } from "./harness.ts";

/** What the guests said, in order. */
function said(demo: Demo): string[] {
  return [...demo.log().matchAll(/msg=(done|deleted|over)\b/g)]
    .map(([, word]) => word!);
}

async function admin(
  { host }: Demo,
  what: "update" | "uninstall",
  body: unknown,
): Promise<void> {
  const url = `http://127.0.0.1:${host.summary.adminPort}/wasm/${what}`;
  const init = { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(url, init);
  assert.equal(response.status, 200, await response.text());
}

Deno.test("a plugin that is uninstalled ends in each of its instances, and a host that stops ends what is left", async () => {
  let demo: Demo | undefined;
  await withDemo({
    modules: { "guest.wasm": await endingGuest() },
    functions: {
      one: { path: "guest.wasm", instances: 2, isolates: 2 },
      two: "guest.wasm",
    },
  }, async (running) => {
    demo = running;
    await admin(running, "uninstall", { name: "one" });
    assert.deepEqual(
      said(running).sort(),
      [...Array(4).fill("deleted"), ...Array(4).fill("done")],
    );
  });
  assert.equal(said(demo!).length, 10);
});

Deno.test("an update to fewer instances ends those too many", async () => {
  await withDemo({
    modules: { "guest.wasm": await endingGuest() },
    functions: { one: { path: "guest.wasm", instances: 3 } },
  }, async (demo) => {
    await admin(demo, "update", { name: "one", instance_num: 1 });
    while (said(demo).length < 4) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assert.deepEqual(said(demo), ["done", "deleted", "done", "deleted"]);
  });
});

Deno.test("a plugin ends after its last request, which still gets its answer", async () => {
  // Its request waits until a tick of the root answers it.
  const module = await endingGuest(
    undefined,
    `(global $stream (mut i32) (i32.const 0))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (global.set $stream (local.get 0))
      (drop (call $proxy_set_tick_period_milliseconds (i32.const 100)))
      (i32.const 1))
    (func (export "proxy_on_tick") (param i32)
      (drop (call $proxy_set_effective_context (global.get $stream)))
      (drop (call $proxy_send_local_response (i32.const 202) (i32.const 0)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const -1))))`,
  );
  await withDemo({
    modules: { "guest.wasm": module },
    functions: { one: "guest.wasm", two: "guest.wasm" },
  }, async (demo) => {
    const answer = demo.ask("/", { headers: { id: "one" } });
    await new Promise((resolve) => setTimeout(resolve, 30));
    await admin(demo, "uninstall", { name: "one" });
    assert.deepEqual(await answer, [202, ""]);
    assert.deepEqual(said(demo), ["over", "done", "deleted"]);
  });
});

Deno.test("a root that answers 0 to done goes once it has called proxy_done, and one that never does holds up nothing", async () => {
  const start = `
    (func (export "proxy_on_vm_start") (param i32 i32) (result i32)
      (drop (call $proxy_set_tick_period_milliseconds (i32.const 5)))
      (i32.const 1))`;
  const waits = await endingGuest(
    "(global.set $waits (i32.const 1)) (i32.const 0)",
    `${start}
    (global $waits (mut i32) (i32.const 0))
    (func (export "proxy_on_tick") (param i32)
      (if (global.get $waits) (then (drop (call $proxy_done)))))`,
  );
  await withDemo({
    modules: {
      "waits.wasm": waits,
      "never.wasm": await endingGuest("(i32.const 0)"),
      "traps.wasm": await endingGuest("unreachable"),
    },
    functions: {
      waits: "waits.wasm",
      never: "never.wasm",
      traps: "traps.wasm",
    },
  }, async (demo) => {
    await admin(demo, "uninstall", { name: "waits" });
    assert.deepEqual(said(demo), ["done", "deleted"]);
    await admin(demo, "uninstall", { name: "never" });
    assert.deepEqual(said(demo), ["done", "deleted", "done"]);
    await admin(demo, "uninstall", { name: "traps" });
    await demo.logged(/the guest failed in proxy_on_done: unreachable/);
  });
});
