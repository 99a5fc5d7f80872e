import assert from "node:assert/strict";
import { openMemory } from "../../../../runtime/components/state/memory.ts";
import { Logger } from "../../../../runtime/log.ts";

Deno.test("a full store refuses, keeps what it has and takes more once a key is gone", async () => {
  const log = new Logger(() => {});
  const store = openMemory({ name: "s", data: "", log }, 1000);
  await store.set("a", new Uint8Array(400));
  await assert.rejects(store.set("b", new Uint8Array(400)), {
    name: "StoreError",
    message: /state store s \(in-memory\): found it full at 1000 bytes/,
  });
  await assert.rejects(store.set("a", new Uint8Array(1000)), /full/);
  assert.equal((await store.get("a"))?.length, 400);
  await store.delete("a");
  await store.set("b", new Uint8Array(400));
});
