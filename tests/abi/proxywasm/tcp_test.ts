import assert from "node:assert/strict";
import { PluginInstance } from "../../../abi/mod.ts";
import { Peer, type TcpStreamOwner } from "../../../abi/mod.ts";
import { bytes, moduleOf, options, RecordingHost, text } from "../guests.ts";

/** A plugin that logs a letter per callback, with what `bodies` says in each. */
function guest(bodies: Record<string, string> = {}): string {
  const callbacks: [
    name: string,
    letter: string,
    params: number,
    result: boolean,
  ][] = [
    ["proxy_on_context_create", "c", 2, false],
    ["proxy_on_new_connection", "n", 1, true],
    ["proxy_on_downstream_data", "D", 3, true],
    ["proxy_on_upstream_data", "U", 3, true],
    ["proxy_on_downstream_connection_close", "x", 2, false],
    ["proxy_on_upstream_connection_close", "y", 2, false],
    ["proxy_on_tick", "t", 1, false],
    ["proxy_on_done", "d", 1, true],
    ["proxy_on_log", "l", 1, false],
    ["proxy_on_delete", "e", 1, false],
  ];
  const functions = callbacks.map(([name, letter, params, result]) =>
    `(func (export "${name}") (param ${"i32 ".repeat(params)})
      ${result ? "(result i32)" : ""}
      (call $say (i32.const ${letter.charCodeAt(0)}))
      ${bodies[name] ?? (result ? "(i32.const 0)" : "")})`
  );
  return `(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (import "env" "proxy_set_buffer_bytes"
      (func $set (param i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_continue_stream" (func $go (param i32) (result i32)))
    (import "env" "proxy_close_stream" (func $close (param i32) (result i32)))
    (import "env" "proxy_set_effective_context" (func $be (param i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 64) "<>")
    (func (export "proxy_abi_version_0_2_1"))
    (func $say (param i32)
      (i32.store8 (i32.const 0) (local.get 0))
      (drop (call $log (i32.const 2) (i32.const 0) (i32.const 1))))
    ${functions.join("\n")})`;
}

async function connect(wat: string, limit = 100) {
  const host = new RecordingHost();
  const plugin = await PluginInstance.create(moduleOf(wat), host, options());
  const heard: string[] = [];
  const owner: TcpStreamOwner = {
    accepted: () => heard.push("accepted"),
    up: (data, end) => heard.push(`up ${text(data)}${end ? " end" : ""}`),
    down: (data, end) => heard.push(`down ${text(data)}${end ? " end" : ""}`),
    close: (side) => heard.push(`close ${side}`),
    pressure: (side, on) => heard.push(`${side} ${on ? "wait" : "go on"}`),
    failed: (error) => heard.push(`failed ${error.callback}`),
  };
  host.logged.length = 0;
  const another = () => plugin.openTcp(owner, limit);
  const stream = another();
  const letters = () => {
    const all = host.logged.map(([, line]) => line).join("");
    host.logged.length = 0;
    return all;
  };
  return { plugin, stream, another, heard, letters };
}

Deno.test("a connection's callbacks come in order and end with done, log, delete (trap 24)", async () => {
  const { stream, heard, letters } = await connect(guest());
  stream.open();
  stream.fromDownstream(bytes("ask"), false);
  stream.fromUpstream(bytes("answer"), true);
  stream.upstreamClosed(Peer.remote);
  stream.downstreamClosed(Peer.local);
  stream.end();
  stream.end();
  assert.equal(letters(), "cnDUyxdle");
  assert.deepEqual(heard, ["accepted", "up ask", "down answer end"]);
});

Deno.test("data that is stopped waits and is shown again with what follows", async () => {
  const { stream, heard } = await connect(guest({
    proxy_on_downstream_data: "(i32.lt_u (local.get 1) (i32.const 6))",
  }));
  stream.open();
  stream.fromDownstream(bytes("abc"), false);
  assert.deepEqual(heard, ["accepted"]);
  stream.fromDownstream(bytes("def"), true);
  assert.deepEqual(heard, ["accepted", "up abcdef end"]);
});

Deno.test("the guest edits what passes", async () => {
  const { stream, heard } = await connect(guest({
    proxy_on_upstream_data: `(drop (call $set (i32.const 3) (i32.const 0)
      (i32.const 0) (i32.const 64) (i32.const 2))) (i32.const 0)`,
  }));
  stream.open();
  stream.fromUpstream(bytes("x"), false);
  assert.deepEqual(heard, ["accepted", "down <>x"]);
});

Deno.test("a connection that is not accepted yet keeps its data until it goes on", async () => {
  const { plugin, stream, heard, letters } = await connect(guest({
    proxy_on_new_connection: "(i32.const 1)",
    proxy_on_tick: `(drop (call $be (i32.const 2)))
      (drop (call $go (i32.const 2)))`,
  }));
  stream.open();
  stream.fromDownstream(bytes("early"), false);
  assert.deepEqual(heard, []);
  plugin.tick();
  assert.equal(letters(), "cntD");
  assert.deepEqual(heard, ["accepted", "up early"]);
});

Deno.test("stopped data goes on when another callback says so, without being shown again", async () => {
  const { plugin, stream, heard, letters } = await connect(guest({
    proxy_on_downstream_data: "(i32.const 1)",
    proxy_on_tick: `(drop (call $be (i32.const 2)))
      (drop (call $go (i32.const 2)))`,
  }));
  stream.open();
  stream.fromDownstream(bytes("held"), false);
  plugin.tick();
  assert.equal(letters(), "cnDt");
  assert.deepEqual(heard, ["accepted", "up held"]);
});

Deno.test("a continue of what is not stopped does nothing, and one in the callback that then stops goes on after it (trap 21)", async () => {
  const go = [2, 3].map((type) => `(drop (call $go (i32.const ${type})))`);
  const idle = await connect(guest({
    proxy_on_tick: `(drop (call $be (i32.const 2))) ${go.join("")}`,
  }));
  idle.stream.open();
  idle.plugin.tick();
  idle.stream.fromDownstream(bytes("a"), false);
  idle.plugin.tick();
  assert.deepEqual(idle.heard, ["accepted", "up a"]);
  const inside = await connect(guest({
    proxy_on_new_connection: `${go[0]} (i32.const 1)`,
    proxy_on_downstream_data: `${go[0]} (i32.const 1)`,
    proxy_on_upstream_data: `${go[1]} (i32.const 1)`,
  }));
  inside.stream.open();
  inside.stream.fromDownstream(bytes("a"), false);
  inside.stream.fromUpstream(bytes("b"), true);
  assert.deepEqual(inside.heard, ["accepted", "up a", "down b end"]);
});

Deno.test("a source waits while what is held is at the limit", async () => {
  const { plugin, stream, heard } = await connect(
    guest({
      proxy_on_downstream_data: "(i32.const 1)",
      proxy_on_tick: `(drop (call $be (i32.const 2)))
        (drop (call $go (i32.const 2)))`,
    }),
    4,
  );
  stream.open();
  stream.fromDownstream(bytes("1234"), false);
  plugin.tick();
  assert.deepEqual(heard, [
    "accepted",
    "downstream wait",
    "up 1234",
    "downstream go on",
  ]);
});

Deno.test("the guest closes either side after its callback", async () => {
  const { stream, heard } = await connect(guest({
    proxy_on_downstream_data:
      "(drop (call $close (i32.const 2))) (i32.const 0)",
    proxy_on_upstream_data: "(drop (call $close (i32.const 3))) (i32.const 0)",
  }));
  stream.open();
  stream.fromDownstream(bytes("a"), false);
  stream.fromUpstream(bytes("b"), false);
  assert.deepEqual(heard, [
    "accepted",
    "up a",
    "close downstream",
    "down b",
    "close upstream",
  ]);
});

Deno.test("a trap ends the connection, and nothing is called after it (trap 29)", async () => {
  const { plugin, stream, heard, letters } = await connect(guest({
    proxy_on_downstream_data: "unreachable",
  }));
  stream.open();
  stream.fromDownstream(bytes("a"), false);
  stream.fromDownstream(bytes("b"), false);
  stream.end();
  assert.equal(letters(), "cnD");
  assert.deepEqual(heard, ["accepted", "failed proxy_on_downstream_data"]);
  assert.equal(plugin.failed, true);
});

Deno.test("a connection that is opened on an instance that has failed by then is told so (trap 29)", async () => {
  const { stream, another, heard, letters } = await connect(guest({
    proxy_on_new_connection: "unreachable",
  }));
  stream.open();
  const later = another();
  later.open();
  later.fromDownstream(bytes("x"), false);
  later.end();
  assert.equal(letters(), "cn");
  assert.deepEqual(heard, Array(2).fill("failed proxy_on_new_connection"));
});

Deno.test("the end is 0 or 1 to the callbacks of both directions (trap 18)", async () => {
  const said = `(call $say (i32.add (i32.const 48) (local.get 2)))
    (i32.const 0)`;
  const { stream, letters } = await connect(guest({
    proxy_on_downstream_data: said,
    proxy_on_upstream_data: said,
  }));
  stream.open();
  stream.fromDownstream(bytes("a"), false);
  stream.fromUpstream(bytes("b"), false);
  stream.fromDownstream(bytes(""), true);
  stream.fromUpstream(bytes("c"), true);
  assert.equal(letters(), "cnD0U0D1U1");
});
