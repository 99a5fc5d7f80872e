import assert from "node:assert/strict";
import { PluginInstance } from "../../abi/mod.ts";
import {
  bytes,
  moduleOf,
  options,
  RecordingHost,
  request,
  text,
} from "./guests.ts";
import { guest, POST, PRELUDE, start } from "./letters.ts";

const GET_ID = `(func (export "proxy_get_id")
  (call $say (i32.const 103))
  (drop (call $set
    (i32.const 8) (i32.const 0) (i32.const 0) (i32.const 80) (i32.const 4))))`;

Deno.test("a plugin starts in Envoy's order and ends an exchange with log, done, delete (trap 24)", async () => {
  const { plugin, letters } = await start(guest());
  assert.equal(letters(), "Icvf");
  await plugin.handleHttp(POST);
  assert.equal(letters(), "chbHldx");
  await plugin.handleHttp(request());
  assert.equal(letters(), "chHldx");
  assert.equal(plugin.functionId, undefined);
});

Deno.test("a plugin that is to end is there for exchanges that still may reach it", async () => {
  const { plugin, letters } = await start(guest());
  letters();
  plugin.root.expected++;
  const ended = plugin.end();
  assert.equal(letters(), "");
  plugin.root.expected--;
  await plugin.handleHttp(request());
  await ended;
  assert.equal(letters(), "chHldxdx");
});

Deno.test("a Layotto function is asked its id first, and its exchanges have no log callback", async () => {
  const { plugin, letters } = await start(guest({}, GET_ID));
  assert.equal(letters(), "Igcvf");
  assert.equal(plugin.functionId, "id_7");
  await plugin.handleHttp(POST);
  assert.equal(letters(), "chbdx");
});

Deno.test("a query string that stands for a body is a body to Layotto functions only", async () => {
  const query = request({ body: bytes("name=a"), bodyIsReal: false });
  const layotto = await start(guest({}, GET_ID));
  layotto.letters();
  await layotto.plugin.handleHttp(query);
  assert.equal(layotto.letters(), "chbdx");
  const plain = await start(guest());
  plain.letters();
  await plain.plugin.handleHttp(query);
  assert.equal(plain.letters(), "chHldx");
});

Deno.test("headers are announced with their number and whether more follows (trap 18)", async () => {
  // Logs the digits of (count, end).
  const headers = `(call $say (i32.add (i32.const 48) (local.get 1)))
    (call $say (i32.add (i32.const 48) (local.get 2))) (i32.const 0)`;
  const body = `(call $say (i32.add (i32.const 48) (local.get 1)))
    (call $say (i32.add (i32.const 48) (local.get 2))) (i32.const 0)`;
  const changes = {
    proxy_on_request_headers: headers,
    proxy_on_request_body: body,
  };
  const layotto = await start(guest(changes, GET_ID));
  layotto.letters();
  await layotto.plugin.handleHttp(POST);
  assert.equal(layotto.letters(), "c2051dx", "2 headers, more; 5 bytes, end");
  await layotto.plugin.handleHttp(request());
  assert.equal(layotto.letters(), "c21dx");
  await layotto.plugin.handleHttp(request({ body: bytes("a=b") }));
  assert.equal(layotto.letters(), "c2131dx", "end twice, as deployed");
  // Four pseudo fields, and :authority in place of host.
  const plain = await start(guest(changes));
  plain.letters();
  await plain.plugin.handleHttp(request());
  assert.equal(plain.letters(), "c51Hldx");
});

Deno.test("header callbacks with two parameters, as in 0.1.0, are called too", async () => {
  const wat = `(module ${PRELUDE}
    (func (export "proxy_abi_version_0_1_0"))
    (func (export "proxy_on_request_headers") (param i32 i32) (result i32)
      (call $answer) (i32.const 0)))`;
  const { plugin } = await start(wat);
  assert.equal(text((await plugin.handleHttp(request())).body), "body");
});

Deno.test("a callback with another number of parameters counts as missing", async () => {
  const wat = `(module ${PRELUDE}
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "proxy_on_request_headers") (param i32) (result i32)
      unreachable)
    (func (export "proxy_on_vm_start") (result i32) (i32.const 0))
    (global (export "proxy_on_done") i32 (i32.const 0)))`;
  const { plugin } = await start(wat);
  assert.equal((await plugin.handleHttp(request())).status, 200);
});

Deno.test("ids start at 1 for the root and 2 for the first exchange, and are not used twice (trap 33)", async () => {
  const { plugin, letters } = await start(guest({
    proxy_on_context_create: `
      (call $say (i32.add (i32.const 48) (local.get 0)))
      (call $say (i32.add (i32.const 48) (local.get 1)))`,
  }));
  assert.equal(letters(), "I10vf");
  await plugin.handleHttp(request());
  await plugin.handleHttp(request());
  assert.equal(letters(), "21hHldx31hHldx");
});

Deno.test("sizes of the configurations are announced", async () => {
  const size = `(call $say (i32.add (i32.const 48) (local.get 1)))
    (i32.const 1)`;
  const { letters } = await start(guest({
    proxy_on_vm_start: size,
    proxy_on_configure: size,
  }));
  assert.equal(letters(), "Ic27");
});

for (const name of ["proxy_on_vm_start", "proxy_on_configure"]) {
  Deno.test(`${name} that answers 0 stops a plugin and not a Layotto function`, async () => {
    await assert.rejects(start(guest({ [name]: "(i32.const 0)" })), {
      name: "PluginStartError",
      message: new RegExp(`${name} answered 0`),
    });
    const { plugin } = await start(guest({ [name]: "(i32.const 0)" }, GET_ID));
    assert.equal(plugin.functionId, "id_7");
  });
}

Deno.test("main runs after _initialize, _start only without it", async () => {
  const main = `(func (export "main") (param i32 i32) (result i32)
    (call $say (i32.const 109)) (i32.const 0))`;
  const mainVoid = `(func (export "__main_void") (result i32)
    (call $say (i32.const 77)) (i32.const 0))`;
  const begin = `(func (export "_start") (call $say (i32.const 83)))`;
  assert.equal(
    (await start(guest({}, main + mainVoid + begin))).letters(),
    "Imcvf",
  );
  assert.equal((await start(guest({}, mainVoid + begin))).letters(), "IMcvf");
  const none = { _initialize: "absent" };
  assert.equal((await start(guest(none, main + begin))).letters(), "Scvf");
  assert.equal((await start(guest(none))).letters(), "cvf");
});

Deno.test("a function that exports proxy_get_id and writes nothing has no id", async () => {
  const { plugin } = await start(guest({}, `(func (export "proxy_get_id"))`));
  assert.equal(plugin.functionId, undefined);
});

Deno.test("a local response ends the callbacks of its direction and is the answer (trap 20)", async () => {
  const { plugin, letters } = await start(guest({
    proxy_on_request_headers: `
      (drop (call $local (i32.const 403) (i32.const 0) (i32.const 0)
        (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 0)
        (i32.const 5)))
      (i32.const 0)`,
  }));
  letters();
  assert.deepEqual(await plugin.handleHttp(POST), {
    status: 403,
    headers: [["content-length", "4"], ["content-type", "text/plain"]],
    body: bytes("body"),
  });
  assert.equal(letters(), "cHBldx");
});

Deno.test("a stream that is closed while the answer goes through the plugin is 502 (trap 20)", async () => {
  const local = `(drop (call $local (i32.const 403) (i32.const 0) (i32.const 0)
    (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 0)
    (i32.const -1)))`;
  for (const answer of [local, "(call $answer)"]) {
    for (const part of ["headers", "body"]) {
      const { plugin, letters } = await start(guest({
        proxy_on_request_headers: `${answer} (i32.const 0)`,
        [`proxy_on_response_${part}`]:
          "(drop (call $close (i32.const 1))) (i32.const 0)",
      }));
      letters();
      const closed = plugin.handleHttp(request());
      assert.ok(!(closed instanceof Promise));
      assert.deepEqual(closed, {
        status: 502,
        headers: [["content-length", "0"]],
        body: bytes(""),
      });
      assert.equal(letters(), part === "headers" ? "cldx" : "cHldx");
    }
  }
});

Deno.test("a status that HTTP cannot end with is sent as 500 and logged", async () => {
  for (const status of [0, 100, 199, 600, -1]) {
    const { plugin, letters } = await start(guest({
      proxy_on_request_headers: `
        (drop (call $local (i32.const ${status}) (i32.const 0) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const -1)))
        (i32.const 0)`,
    }));
    assert.equal((await plugin.handleHttp(POST)).status, 500);
    assert.match(letters(), new RegExp(`status ${status >>> 0}`));
  }
});

Deno.test("what is no HTTP field is dropped from the answer and logged (trap 15)", async () => {
  const { plugin, host } = await start(`(module ${PRELUDE}
    (data (i32.const 100) ":statusx-good201bad namex\\0d\\0aevila\\00b")
    (func (export "proxy_abi_version_0_2_0"))
    (func $field (param i32 i32 i32 i32)
      (drop (call $add (i32.const 2) (local.get 0) (local.get 1)
        (local.get 2) (local.get 3))))
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (call $field (i32.const 100) (i32.const 7) (i32.const 113) (i32.const 3))
      (call $field (i32.const 107) (i32.const 6) (i32.const 113) (i32.const 3))
      (call $field (i32.const 116) (i32.const 8) (i32.const 113) (i32.const 3))
      (call $field (i32.const 107) (i32.const 6) (i32.const 124) (i32.const 7))
      (call $field (i32.const 107) (i32.const 6) (i32.const 131) (i32.const 3))
      (i32.const 0)))`);
  const answer = await plugin.handleHttp(request());
  assert.equal(answer.status, 201);
  assert.deepEqual(answer.headers, [["x-good", "201"]]);
  assert.equal(host.logged.length, 3);
  assert.match(host.lines[0]!, /field "bad name" was dropped/);
});

Deno.test("an answer whose plugin takes its status away is 200 (trap 16)", async () => {
  const { plugin } = await start(`(module
    (import "env" "proxy_set_header_map_pairs"
      (func $set (param i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 64)
      "\\01\\00\\00\\00\\01\\00\\00\\00\\01\\00\\00\\00x\\001\\00")
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "proxy_on_response_headers") (param i32 i32 i32) (result i32)
      (drop (call $set (i32.const 2) (i32.const 64) (i32.const 16)))
      (i32.const 0)))`);
  const { status, headers } = await plugin.handleHttp(request());
  assert.deepEqual([status, headers], [200, [["x", "1"]]]);
});

Deno.test("a pause in the headers keeps all else from a plugin until it goes on (trap 21)", async () => {
  const actions: [action: string, expected: string, answered: boolean][] = [
    ["(i32.const 0)", "chbHldx", true],
    ["(i32.const 1)", "ch", false],
    ["(i32.const 3)", "ch", false],
    ["(i32.const 4)", "ch", false],
    ["(drop (call $go (i32.const 0))) (i32.const 1)", "chbHldx", true],
  ];
  for (const [action, expected, answered] of actions) {
    const { plugin, letters } = await start(guest({
      proxy_on_request_headers: `(call $say (i32.const 104)) ${action}`,
    }));
    letters();
    const answer = plugin.handleHttp(POST);
    assert.equal(letters(), expected, action);
    assert.equal(answer instanceof Promise, !answered, action);
    assert.equal(plugin.busy, false, "others may use it meanwhile");
  }
});

Deno.test("a paused exchange goes on when another callback says so", async () => {
  const { plugin, letters } = await start(guest({
    proxy_on_request_headers: `(call $say (i32.const 104)) (i32.const 1)`,
    proxy_on_tick:
      `(drop (call $be (i32.const 2))) (drop (call $go (i32.const 0)))
      (call $say (i32.const 116))`,
  }));
  letters();
  const answer = plugin.handleHttp(POST);
  plugin.tick();
  assert.equal(letters(), "chtbHldx");
  assert.equal((await answer).status, 200);
});

Deno.test("a Layotto function's action is ignored, its answer is buffer 1", async () => {
  const { plugin, letters } = await start(guest({
    proxy_on_request_headers: `(call $answer) (i32.const 1)`,
  }, GET_ID));
  letters();
  const answer = await plugin.handleHttp(POST);
  assert.deepEqual(answer, { status: 200, headers: [], body: bytes("body") });
  assert.equal(letters(), "cbdx");
});

Deno.test("the effective context lasts for one callback (trap 22)", async () => {
  const { plugin, letters } = await start(guest({
    proxy_on_request_headers: `
      (drop (call $be (i32.const 1))) (call $answer) (i32.const 0)`,
    proxy_on_request_body: `(call $answer) (i32.const 0)`,
  }));
  letters();
  assert.equal(text((await plugin.handleHttp(POST)).body), "body");
});

Deno.test("ticks and queues reach the root context", async () => {
  const { plugin, letters } = await start(guest());
  letters();
  plugin.tick();
  plugin.queueReady(3);
  assert.equal(letters(), "tq");
});

Deno.test("each root of an instance has a timer of its own (trap 32)", async () => {
  const host = new RecordingHost();
  const told: [period: number, root: number][] = [];
  const text = `(module
    (import "env" "proxy_set_tick_period_milliseconds"
      (func $every (param i32) (result i32)))
    ${PRELUDE}
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "proxy_on_configure") (param i32 i32) (result i32)
      (drop (call $every (i32.mul (local.get 0) (i32.const 10))))
      (i32.const 1))
    (func (export "proxy_on_tick") (param i32)
      (call $say (i32.add (i32.const 48) (local.get 0)))
      (drop (call $every (i32.const 0)))))`;
  const plugin = await PluginInstance.create(moduleOf(text), host, options(), {
    onTickPeriod: (period, root) => told.push([period, root]),
  });
  const second = await plugin.addRoot(host, options({ rootId: "second" }));
  assert.deepEqual(told.splice(0), [[10, 1], [20, 2]]);
  plugin.tick(second.id);
  assert.deepEqual(told, [[0, 2]]);
  assert.deepEqual(host.lines, ["2 2"]);
  assert.deepEqual([plugin.root.tickPeriod, second.tickPeriod], [10, 0]);
});

Deno.test("ending calls done and delete once (trap 24)", async () => {
  const { plugin, letters } = await start(guest());
  letters();
  await plugin.end();
  await plugin.end();
  assert.equal(letters(), "dx");
});

Deno.test("a root that answers 0 to done is deleted after the callback that calls proxy_done (trap 19)", async () => {
  const { plugin, letters } = await start(guest({
    proxy_on_done: "(i32.const 0)",
    proxy_on_tick: `
      (drop (call $done)) (call $say (i32.const 116))`,
  }));
  letters();
  const ended = plugin.end();
  assert.equal(letters(), "");
  plugin.tick();
  assert.equal(letters(), "tx");
  await ended;
  await plugin.end();
  assert.equal(letters(), "");
});

Deno.test("a plugin without a memory or without a marker is refused with what was expected", async () => {
  await assert.rejects(
    start(`(module (func (export "proxy_abi_version_0_2_0")))`),
    { name: "PluginStartError", message: /expected a memory named memory/ },
  );
  await assert.rejects(start(`(module (memory (export "memory") 1))`), {
    name: "PluginStartError",
    message: /proxy_abi_version/,
  });
});

Deno.test("proxy_on_memory_allocate serves where there is no malloc", async () => {
  const { plugin } = await start(`(module
    (import "env" "proxy_get_buffer_bytes"
      (func $get (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_set_buffer_bytes"
      (func $set (param i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_0"))
    (func (export "proxy_on_memory_allocate") (param i32) (result i32)
      (i32.const 1024))
    (func (export "proxy_on_request_body") (param i32 i32 i32) (result i32)
      (drop (call $get (i32.const 0) (i32.const 0) (i32.const -1)
        (i32.const 0) (i32.const 4)))
      (drop (call $set (i32.const 1) (i32.const 0) (i32.const 0)
        (i32.load (i32.const 0)) (i32.load (i32.const 4))))
      (i32.const 0)))`);
  assert.equal(text((await plugin.handleHttp(POST)).body), "12345");
});

Deno.test("a plugin that imports nothing that waits answers without a promise", async () => {
  const { plugin } = await start(guest());
  assert.equal(plugin.handleHttp(request()) instanceof Promise, false);
});

Deno.test("the hook sees the instance before any of its exports runs", async () => {
  const host = new RecordingHost();
  let logged = -1;
  await PluginInstance.create(moduleOf(guest()), host, options(), {
    onInstantiated: ({ exports }) => {
      assert.ok(exports.memory instanceof WebAssembly.Memory);
      logged = host.logged.length;
    },
  });
  assert.equal(logged, 0);
});

Deno.test("a local response to a gRPC request is one of gRPC's", async () => {
  const { plugin } = await start(guest({
    proxy_on_request_headers: `
      (drop (call $local (i32.const 403) (i32.const 0) (i32.const 0)
        (i32.const 64) (i32.const 4) (i32.const 0) (i32.const 0)
        (i32.const 5)))
      (i32.const 0)`,
  }));
  const answer = await plugin.handleHttp(request({
    headers: [["content-type", "application/grpc+proto"]],
  }));
  assert.deepEqual(answer, {
    status: 200,
    headers: [
      ["content-type", "application/grpc"],
      ["grpc-status", "5"],
      ["grpc-message", "body"],
    ],
    body: bytes(""),
  });
});

Deno.test("a message to a gRPC client is percent-encoded, so that any text arrives (trap 29)", async () => {
  const { plugin } = await start(guest({
    proxy_on_request_headers: `
      (drop (call $local (i32.const 503) (i32.const 0) (i32.const 0)
        (i32.const 100) (i32.const 10) (i32.const 0) (i32.const 0)
        (i32.const -1)))
      (i32.const 0)`,
  }, `(data (i32.const 100) "50% \\0aok \\c3\\a4")`));
  const { headers } = await plugin.handleHttp(request({
    headers: [["content-type", "application/grpc"]],
  }));
  assert.deepEqual(headers.slice(1), [
    ["grpc-status", "14"],
    ["grpc-message", "50%25 %0Aok %C3%A4"],
  ]);
});
