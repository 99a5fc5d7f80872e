/**
 * What a guest hands over is copied before its call returns: what it writes there afterwards changes nothing that is
 * kept, sent or stored (ABI.md §7.4).
 */
import assert from "node:assert/strict";
import type {
  GrpcCall,
  GuestCalls,
  GuestHost,
  HttpCall,
} from "../../abi/host.ts";
import { encodePairs } from "../../abi/proxywasm/pairs.ts";
import { span, text } from "./guests.ts";
import {
  CommandProbe,
  PAGE,
  PluginProbe,
  type ProbeSettings,
  WAITING,
} from "./probe.ts";
import { WASI } from "./signatures.ts";

const NAME = 0x100; // "name"
const VALUE = 0x200; // "value"
const FIELDS = 0x300; // four fields, the last of them x: y
const LIST = 0x400; // a list of one buffer: the value
const R = 0x500;

const PAIRS: [string, string][] = [
  [":method", "GET"],
  [":path", "/"],
  [":authority", "a"],
  ["x", "y"],
];
const SIZE = encodePairs(PAIRS).length;

type Probe = PluginProbe | CommandProbe;

function prepared<P extends Probe>(probe: P): P {
  probe.put(NAME, "name");
  probe.put(VALUE, "value");
  probe.put(FIELDS, encodePairs(PAIRS));
  probe.view.setUint32(LIST, VALUE, true);
  probe.view.setUint32(LIST + 4, 5, true);
  return probe;
}

function plugin(settings: ProbeSettings = {}): PluginProbe {
  return prepared(new PluginProbe(settings));
}

/** What the guest may do as soon as it runs again: write over everything, and have its memory moved. */
function overwrite(probe: Probe): void {
  probe.memory.fill(0xff);
  probe.grow(1);
}

/** A world that keeps what it is given, as it is given. */
class Kept implements GuestCalls {
  http_: HttpCall | undefined;
  grpc_: GrpcCall | undefined;
  readonly sent: (Uint8Array | undefined)[] = [];

  knows(): boolean {
    return true;
  }
  http(call: HttpCall) {
    this.http_ = call;
    return { cancel() {} };
  }
  grpc(call: GrpcCall) {
    this.grpc_ = call;
    return {
      send: (message: Uint8Array | undefined) => void this.sent.push(message),
      cancel() {},
    };
  }
}

Deno.test("a local response is sent as it was when it was given (trap 4)", () => {
  const probe = plugin();
  const args = [200, NAME, 4, VALUE, 5, FIELDS, SIZE, -1];
  assert.equal(probe.call("proxy_send_local_response", ...args), 0);
  overwrite(probe);
  const { details, headers, body } = probe.http.localResponse!;
  assert.deepEqual([details, text(body)], ["name", "value"]);
  assert.deepEqual(headers, PAIRS);
});

Deno.test("a call out is made with what it was given (trap 4)", () => {
  const probe = plugin();
  const kept = probe.host.calls = new Kept();
  const to = [NAME, 4, FIELDS, SIZE, VALUE, 5, FIELDS, SIZE, 0, R];
  assert.equal(probe.call("proxy_http_call", ...to), 0);
  overwrite(probe);
  const { upstream, headers, body, trailers } = kept.http_!;
  assert.deepEqual([upstream, text(body)], ["name", "value"]);
  assert.deepEqual(headers, [...PAIRS, ["content-length", "5"]]);
  assert.deepEqual(trailers, PAIRS);
});

Deno.test("gRPC's messages and metadata are sent as they were when they were given (trap 4)", () => {
  for (const name of ["proxy_grpc_call", "proxy_grpc_stream"]) {
    const probe = plugin();
    const kept = probe.host.calls = new Kept();
    const to = [NAME, 4, NAME, 4, NAME, 4, FIELDS, SIZE];
    if (name === "proxy_grpc_call") {
      assert.equal(probe.call(name, ...to, VALUE, 5, 0, R), 0);
    } else {
      assert.equal(probe.call(name, ...to, R), 0);
      const id = probe.u32(R);
      assert.equal(probe.call("proxy_grpc_send", id, VALUE, 5, 0), 0);
    }
    overwrite(probe);
    assert.deepEqual(kept.grpc_!.metadata, PAIRS);
    assert.deepEqual(kept.sent.map((one) => text(one!)), ["value"]);
  }
});

Deno.test("an invocation has the parameter it was made with, however long it takes (trap 4)", async () => {
  const probe = plugin({ names: WAITING });
  let parameter: Uint8Array | undefined;
  probe.host.invoke = (_id, _method, given) => {
    parameter = given;
    overwrite(probe);
    return Promise.resolve(new Uint8Array(0));
  };
  const args = [NAME, 4, NAME, 4, VALUE, 5, R, R + 4];
  assert.equal(await probe.wait("proxy_invoke_service", ...args), 0);
  assert.deepEqual(probe.host.invoked, [["name", "name", "value"]]);
  assert.equal(text(parameter!), "value");
});

Deno.test("a foreign function keeps what it was called with (trap 4)", () => {
  const given: Uint8Array[] = [];
  const probe = plugin({
    hooks: { foreign: new Map([["name", (one) => (given.push(one), 0)]]) },
  });
  const args = [NAME, 4, VALUE, 5, 0, 0];
  assert.equal(probe.call("proxy_call_foreign_function", ...args), 0);
  overwrite(probe);
  assert.deepEqual(given.map(text), ["value"]);
});

Deno.test("what is stored stays what it was (trap 4)", () => {
  const probe = plugin();
  const { vm, http } = probe;
  http.responseSide.body!.replace(new Uint8Array(0));
  const calls: [string, ...number[]][] = [
    ["proxy_set_property", NAME, 4, VALUE, 5],
    ["proxy_set_shared_data", NAME, 4, VALUE, 5, 0],
    ["proxy_register_shared_queue", NAME, 4, R],
    ["proxy_enqueue_shared_queue", 1, VALUE, 5],
    ["proxy_set_buffer_bytes", 1, 0, 0, VALUE, 5],
    ["proxy_add_header_map_value", 2, NAME, 4, VALUE, 5],
    ["proxy_set_header_map_pairs", 3, FIELDS, SIZE],
    ["proxy_log", 2, VALUE, 5],
  ];
  for (const [name, ...args] of calls) {
    assert.equal(probe.call(name, ...args), 0, name);
  }
  overwrite(probe);
  assert.equal(text(http.properties!.get("name")!), "value");
  const { data, queues } = vm.shared;
  assert.notEqual(data.get(span("name")), 0);
  assert.equal(text(data.tray.copy()), "value");
  assert.equal(queues.take(1), 0);
  assert.equal(text(queues.tray.copy()), "value");
  assert.equal(text(http.responseSide.body!.view()), "value");
  assert.deepEqual(http.responseHeaders.pairs, [["name", "value"]]);
  assert.deepEqual(http.responseTrailers.pairs, PAIRS);
  assert.deepEqual(probe.host.lines, ["2 value"]);
});

for (const who of ["plugin", "command"]) {
  Deno.test(`what a ${who} writes to a slow sink is what it was (trap 4)`, async () => {
    const probe = who === "plugin"
      ? plugin({ names: [], wasi: Object.keys(WASI) })
      : prepared(new CommandProbe());
    const written: Uint8Array[] = [];
    const host: GuestHost = probe.host;
    host.write = (_stream, bytes) => {
      written.push(bytes);
      return Promise.resolve().then(() => overwrite(probe));
    };
    assert.equal(await probe.wait("fd_write", 1, LIST, 1, R), 0);
    await Promise.resolve();
    assert.ok(probe.memory.length > PAGE, "the guest ran meanwhile");
    assert.deepEqual(written.map(text), ["value"]);
  });
}
