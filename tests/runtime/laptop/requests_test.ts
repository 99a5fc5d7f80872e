import assert from "node:assert/strict";
import { assemble, fn } from "../../e2e/harness/guests.ts";
import { withDemo } from "./harness.ts";

const ID_1 = { headers: { id: "id_1" } };

/** A function that invokes itself once per request, and answers with the status of that call as one digit pair. */
function selfInvoker(): Promise<Uint8Array> {
  return assemble(`(module
    (import "env" "proxy_set_buffer_bytes"
      (func $set (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_invoke_service"
      (func $invoke (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "self")
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "malloc") (param i32) (result i32) (i32.const 4096))
    (func (export "proxy_get_id")
      (drop (call $set (i32.const 8) (i32.const 0) (i32.const 4)
        (i32.const 16) (i32.const 4))))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (local $status i32)
      (local.set $status (call $invoke (i32.const 16) (i32.const 4)
        (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
        (i32.const 32) (i32.const 36)))
      (i32.store8 (i32.const 64)
        (i32.add (i32.const 48) (i32.div_u (local.get $status) (i32.const 10))))
      (i32.store8 (i32.const 65)
        (i32.add (i32.const 48) (i32.rem_u (local.get $status) (i32.const 10))))
      (drop (call $set (i32.const 1) (i32.const 0) (i32.const 2)
        (i32.const 64) (i32.const 2)))
      (i32.const 0)))`);
}

Deno.test("many clients with keys of their own each get their own answer", () =>
  withDemo({}, async ({ ask, put }) => {
    const keys = Array.from({ length: 200 }, (_, i) => `book${i}`);
    await put(Object.fromEntries(keys.map((key, i) => [key, `${i * 7}`])));
    const client = async (first: number) => {
      for (let n = 0; n < 40; n++) {
        const i = (first + n * 13) % keys.length;
        const [status, body] = await ask(`/?name=${keys[i]}`, ID_1);
        assert.equal(status, 200);
        assert.equal(body, `There are ${i * 7} inventories for ${keys[i]}.`);
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, i) => client(i)));
  }));

Deno.test("one instance of each function serves many clients one after the other", () =>
  withDemo({
    functions: {
      f1: { path: "f1.wasm", instances: 1 },
      f2: { path: "f2.wasm", instances: 1 },
    },
  }, async ({ ask, put }) => {
    await put({ book1: "100" });
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => ask("/?name=book1", ID_1)),
    );
    for (const answer of answers) {
      assert.deepEqual(answer, [200, "There are 100 inventories for book1."]);
    }
  }));

Deno.test("a body is the argument, and the query only where there is none", () =>
  withDemo({}, async ({ ask, put }) => {
    await put({ book1: "100", "name=book1": "whole" });
    const id_2 = { headers: { id: "id_2" } };
    assert.deepEqual(await ask("/?book1", id_2), [200, "100"]);
    const post = { method: "POST", body: "book1", ...id_2 };
    assert.deepEqual(await ask("/?other", post), [200, "100"]);
    assert.deepEqual(await ask("/?name=book1", id_2), [200, "whole"]);
    assert.deepEqual(await ask("/?nothing", id_2), [200, ""]);
  }));

Deno.test("a body over the limit is 413, and the function is named", () =>
  withDemo({ settings: { "body-limit": 10 } }, async ({ ask, logged }) => {
    for (const body of ["x".repeat(11), new Blob(["x".repeat(11)]).stream()]) {
      const [status, text] = await ask("/", { method: "POST", body, ...ID_1 });
      assert.equal(status, 413);
      assert.match(JSON.parse(text).error, /function id_1: .* 10 bytes/);
    }
    await logged(/answered 413: .* 10 bytes" .*function=id_1\n/);
  }));

Deno.test("a chain of functions that never ends is an error for its last link, not a hang", async () => {
  const modules = { "self.wasm": await selfInvoker() };
  await withDemo(
    { modules, functions: { self: "self.wasm" } },
    async (demo) => {
      // The deepest call is refused with 10; every function above it answers 200.
      const [status, body] = await demo.ask("/");
      assert.equal(status, 200);
      assert.equal(body, "00");
    },
  );
});

Deno.test("a function with one instance that invokes itself gets 10 after the timeout", async () => {
  const modules = { "self.wasm": await selfInvoker() };
  const functions = { self: { path: "self.wasm", instances: 1 } };
  await withDemo({ modules, functions }, async (demo) => {
    assert.deepEqual(await demo.ask("/"), [200, "10"]);
  });
});

Deno.test("no answer in time is 504, and the log names the function", async () => {
  const modules = { "self.wasm": await selfInvoker() };
  const functions = {
    self: { path: "self.wasm", instances: 1, "request-timeout": 100 },
  };
  await withDemo({ modules, functions }, async (demo) => {
    const [status, text] = await demo.ask("/");
    assert.equal(status, 504);
    assert.match(
      JSON.parse(text).error,
      /^function self: no answer within 100/,
    );
  });
});

Deno.test("functions come and go by the admin API while others serve", async () => {
  const modules = { "third.wasm": await fn({ id: "id_3", answer: "third" }) };
  await withDemo({ modules }, async ({ host, ask }) => {
    const admin = async (what: string, body: unknown) => {
      const { adminPort } = host.summary;
      const url = `http://127.0.0.1:${adminPort}/wasm/${what}`;
      const response = await fetch(url, {
        method: "POST",
        body: JSON.stringify(body),
      });
      return [response.status, await response.text()];
    };
    const { path } = host.summary.functions[0]!;
    const third = path.replace("f1.wasm", "third.wasm");
    const id_3 = { headers: { id: "id_3" } };
    assert.equal((await ask("/", id_3))[0], 404);
    for (const endless of ["/dev/zero", "/dev/full", "/"]) {
      const [status, text] = await admin("install", {
        name: "id_3",
        vm_config: { engine: "x", path: endless },
      });
      assert.equal(status, 500);
      assert.match(String(text), /cannot be read: found no regular file/);
    }
    const install = { name: "id_3", vm_config: { engine: "x", path: third } };
    assert.deepEqual(await admin("install", install), [200, ""]);
    assert.deepEqual(await ask("/", id_3), [200, "third"]);
    const [status, text] = await admin("install", install);
    assert.deepEqual([status, JSON.parse(String(text)).error], [
      500,
      "id_3 is already registered",
    ]);
    const update = { name: "id_3", instance_num: 3 };
    assert.deepEqual(await admin("update", update), [200, ""]);
    // They are there when the update is answered.
    assert.equal(await instances(host.summary.actuatorPort, "id_3"), 3);
    assert.deepEqual(await admin("uninstall", { name: "id_3" }), [200, ""]);
    assert.equal((await ask("/", id_3))[0], 404);
    assert.equal((await ask("/?name=x", ID_1))[0], 200);
  });
});

Deno.test("no request is taken before the stores are filled", async () => {
  let before: string | undefined;
  const fill = (log: string) => {
    before = log;
    return Promise.resolve();
  };
  await withDemo({ fill }, async ({ logged }) => {
    assert.doesNotMatch(before!, /serving on/);
    await logged(/serving on/);
  });
});

/** How many instances a function has. */
async function instances(port: number, id: string): Promise<number> {
  const metrics = await fetch(`http://127.0.0.1:${port}/metrics`);
  const line = `^layotto_function_instances\\{function="${id}"\\} (\\d+)$`;
  return Number(new RegExp(line, "m").exec(await metrics.text())?.[1]);
}

Deno.test("a function that is to have very many instances still answers, and goes when it is told to", () =>
  withDemo({ functions: { f2: "f2.wasm" } }, async ({ host, ask }) => {
    const admin = async (path: string, body: unknown) => {
      const url = `http://127.0.0.1:${host.summary.adminPort}/wasm/${path}`;
      const init = { method: "POST", body: JSON.stringify(body) };
      const response = await fetch(url, init);
      await response.body?.cancel();
      return response.status;
    };
    const many = { name: "id_2", instance_num: 100_000 };
    assert.equal(await admin("update", many), 200);
    assert.equal((await ask("/"))[0], 200);
    const made = await instances(host.summary.actuatorPort, "id_2");
    // It did not wait for all that there may be.
    assert(made < 10_000, `${made} instances`);
    assert.equal(await admin("uninstall", { name: "id_2" }), 200);
    assert.equal((await ask("/"))[0], 503);
  }));

Deno.test("a host that stops does not wait for requests that do not end", async () => {
  const paused = await assemble(`(module (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (i32.const 1)))`);
  await withDemo({
    modules: { "paused.wasm": paused },
    functions: {
      paused: { path: "paused.wasm", "request-timeout": "20s" },
      f2: "f2.wasm",
    },
  }, async ({ ask, host, log }) => {
    const headers = { id: "paused" };
    const answer = ask("/", { headers }).then(([status]) => status, () => 0);
    await ask("/", { headers: { id: "id_2" } });
    await host.stop();
    await host.stop();
    assert.notEqual(await answer, 504);
    assert.doesNotMatch(log(), /no answer within/);
  });
});
