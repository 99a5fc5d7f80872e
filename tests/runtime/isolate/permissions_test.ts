import assert from "node:assert/strict";
import { isolatePermissions } from "../../../runtime/isolate/isolate.ts";

/** What a worker with these permissions may do, and whether it can read a file. */
async function asked(
  permissions: ReturnType<typeof isolatePermissions>,
): Promise<Record<string, string>> {
  const code = `
    const names = ["read", "write", "env", "run", "ffi", "sys", "net"];
    const found = {};
    for (const name of names) {
      found[name] = Deno.permissions.querySync({ name }).state;
    }
    try {
      Deno.readTextFileSync("/etc/hostname");
      found.file = "read";
    } catch (error) {
      found.file = error.name;
    }
    try {
      Deno.listen({ hostname: "127.0.0.1", port: 0 }).close();
      found.listen = "open";
    } catch (error) {
      found.listen = error.name;
    }
    postMessage(found);`;
  const url = `data:text/javascript,${encodeURIComponent(code)}`;
  const worker = new Worker(url, { type: "module", deno: { permissions } });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message));
    });
  } finally {
    worker.terminate();
  }
}

Deno.test("a function isolate may read no file and open no connection", async () => {
  const { file, listen, ...states } = await asked(
    isolatePermissions([]),
  );
  assert.equal(file, "NotCapable");
  assert.equal(listen, "NotCapable");
  assert.deepEqual(
    [...new Set(Object.values(states))].filter((state) => state === "granted"),
    [],
  );
});

Deno.test("a function isolate that listens may do that, and nothing else", async () => {
  const { file, listen } = await asked(isolatePermissions(["127.0.0.1:0"]));
  assert.equal(file, "NotCapable");
  assert.equal(listen, "open");
});
