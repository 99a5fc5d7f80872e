/** Calls to services outside: statuses, arguments, and what their callbacks may read (ABI.md §1.6, §2.7, §4.6, §4.7). */
import assert from "node:assert/strict";
import type {
  GrpcCall,
  GrpcEvents,
  GuestCalls,
  HttpCall,
  HttpCallResponse,
} from "../../../abi/host.ts";
import { callbacksOf } from "../../../abi/proxywasm/callbacks.ts";
import { decodePairs, encodePairs } from "../../../abi/proxywasm/pairs.ts";
import { bytes, moduleOf, text } from "../guests.ts";
import { PAGE, PluginProbe, type ProbeSettings } from "../probe.ts";

/** A world in which only `web` can be called, and a test answers. */
class FakeCalls implements GuestCalls {
  readonly http_: HttpCall[] = [];
  readonly grpc_: GrpcCall[] = [];
  /** What was sent on gRPC streams, `!` where it ended. */
  readonly sent: string[] = [];
  cancelled = 0;
  answer: (response: HttpCallResponse | undefined) => void = () => {};
  events: GrpcEvents | undefined;

  knows(upstream: string): boolean {
    return upstream === "web";
  }
  http(call: HttpCall, heard: FakeCalls["answer"]) {
    this.http_.push(call);
    this.answer = heard;
    return { cancel: () => void this.cancelled++ };
  }
  grpc(call: GrpcCall, events: GrpcEvents) {
    this.grpc_.push(call);
    this.events = events;
    return {
      send: (message: Uint8Array | undefined, end: boolean) =>
        void this.sent.push((message ? text(message) : "") + (end ? "!" : "")),
      cancel: () => void this.cancelled++,
    };
  }
}

const UPSTREAM = 0x100;
const HEADERS = 0x200;
const BODY = 0x400;
const TRAILERS = 0x500;
const SERVICE = 0x600;
const METHOD = 0x640;
const ID = 0x700;
const R = 0x720;

function probe(settings: ProbeSettings = {}): [PluginProbe, FakeCalls] {
  const guest = new PluginProbe(settings);
  const calls = new FakeCalls();
  guest.host.calls = calls;
  guest.put(UPSTREAM, "web");
  guest.put(SERVICE, "pkg.Svc");
  guest.put(METHOD, "Do");
  return [guest, calls];
}

const FIELDS: [string, string][] = [
  [":method", "POST"],
  [":path", "/p"],
  [":authority", "a"],
  ["X-Up", "\xff"],
];

/** `proxy_http_call` with what is in memory; each argument can be changed. */
function httpCall(guest: PluginProbe, changes: {
  upstream?: string;
  fields?: [string, string][];
  body?: string;
  trailers?: [string, string][];
  timeout?: number;
  id?: number;
} = {}): number {
  const upstream = guest.put(UPSTREAM, changes.upstream ?? "web");
  const headers = guest.put(HEADERS, encodePairs(changes.fields ?? FIELDS));
  const body = guest.put(BODY, changes.body ?? "");
  const trailers = changes.trailers
    ? guest.put(TRAILERS, encodePairs(changes.trailers))
    : 0;
  return guest.call(
    "proxy_http_call",
    ...[UPSTREAM, upstream, HEADERS, headers, BODY, body],
    ...[trailers && TRAILERS, trailers],
    ...[changes.timeout ?? 0, changes.id ?? ID],
  );
}

Deno.test("proxy_http_call hands over its fields in lower case, its body with its length, its trailers and timeout (trap 15)", () => {
  const [guest, calls] = probe();
  assert.equal(
    httpCall(guest, { body: "hi", trailers: [["T", "1"]], timeout: 250 }),
    0,
  );
  assert.deepEqual(calls.http_, [{
    upstream: "web",
    headers: [
      [":method", "POST"],
      [":path", "/p"],
      [":authority", "a"],
      ["x-up", "\xff"],
      ["content-length", "2"],
    ],
    body: bytes("hi"),
    trailers: [["t", "1"]],
    timeout: 250,
  }]);
  const first = guest.u32(ID);
  assert.equal(first & 3, 0);
  assert.notEqual(first, 0);
  assert.equal(httpCall(guest), 0);
  assert.equal(guest.u32(ID), first + 4);
  assert.equal(guest.vm.calls.size, 2);
});

Deno.test("proxy_http_call answers 2, 6 and 10 as the deployed hosts do, and nothing is called", () => {
  const [guest, calls] = probe();
  assert.equal(httpCall(guest, { upstream: "other" }), 2);
  assert.match(guest.host.lines.at(-1)!, /names the upstream "other"/);
  assert.equal(httpCall(guest, { timeout: -1 }), 2);
  for (const missing of [0, 1, 2]) {
    const fields = FIELDS.filter((_, i) => i !== missing);
    assert.equal(httpCall(guest, { fields }), 2);
    assert.match(guest.host.lines.at(-1)!, /has no :/);
  }
  guest.memory.fill(0xaa, ID, ID + 4);
  assert.equal(httpCall(guest, { upstream: "other" }), 2);
  assert.equal(guest.u32(ID), 0, "the id is 0 where nothing was begun");
  assert.equal(httpCall(guest, { id: PAGE - 3 }), 6);
  const at = [UPSTREAM, 3, HEADERS, 4, 0, 0, 0, 0];
  for (const i of [0, 2, 4, 6]) {
    const out = [...at];
    out[i] = PAGE - 1;
    out[i + 1] = 2;
    assert.equal(guest.call("proxy_http_call", ...out, 0, ID), 6, `${i}`);
  }
  guest.vm.enter("proxy_get_id", undefined);
  assert.equal(httpCall(guest), 10);
  assert.equal(calls.http_.length, 0);
});

Deno.test("an instance has 4096 calls under way and not one more", () => {
  const [guest] = probe();
  for (let i = 0; i < 4096; i++) assert.equal(httpCall(guest), 0);
  assert.equal(httpCall(guest), 10);
  assert.match(guest.host.lines.at(-1)!, /4096 calls/);
});

Deno.test("calls under way hold 64 MiB of bodies at most", () => {
  const [guest, calls] = probe();
  guest.vm.memory.attach(new WebAssembly.Memory({ initial: 420 }), undefined);
  const large = 26 * 1024 * 1024;
  const call = () =>
    guest.call("proxy_grpc_call", 0, 0, 0, 0, 0, 0, 0, 0, 0, large, 0, large);
  calls.knows = () => true;
  assert.deepEqual([call(), call(), call()], [0, 0, 10]);
  assert.match(guest.host.lines.at(-1)!, /with 54525952 bytes/);
  calls.events!.close(1, "");
  assert.equal(call(), 0);
});

Deno.test("without calls in the host every upstream is unknown", () => {
  const [guest] = probe();
  guest.host.calls = undefined;
  assert.equal(httpCall(guest), 2);
  assert.equal(grpcCall(guest), 4);
  assert.equal(grpcStream(guest), 4);
});

function grpcCall(guest: PluginProbe, upstream = 3, message = "ask"): number {
  return guest.call(
    "proxy_grpc_call",
    ...[UPSTREAM, upstream, SERVICE, 7, METHOD, 2, HEADERS],
    guest.put(HEADERS, encodePairs([["K", "v"]])),
    ...[BODY, guest.put(BODY, message), 100, ID],
  );
}

function grpcStream(guest: PluginProbe, upstream = 3): number {
  return guest.call(
    "proxy_grpc_stream",
    ...[UPSTREAM, upstream, SERVICE, 7, METHOD, 2, HEADERS],
    ...[guest.put(HEADERS, encodePairs([["K", "v"]])), ID],
  );
}

Deno.test("proxy_grpc_call sends one message and ends; proxy_grpc_stream sends when it is told", () => {
  const [guest, calls] = probe();
  const asked = {
    upstream: "web",
    service: "pkg.Svc",
    method: "Do",
    metadata: [["k", "v"]],
  };
  assert.equal(grpcCall(guest), 0);
  assert.equal(guest.u32(ID) & 3, 1);
  assert.deepEqual(calls.sent, ["ask!"]);
  assert.equal(grpcStream(guest), 0);
  const id = guest.u32(ID);
  assert.equal(id & 3, 2);
  assert.deepEqual(calls.grpc_, [
    { ...asked, timeout: 100 },
    { ...asked, timeout: 0 },
  ]);
  assert.equal(guest.call("proxy_grpc_send", id, BODY, 2, 0), 0);
  assert.equal(guest.call("proxy_grpc_send", id, BODY, 0, 1), 0);
  assert.equal(guest.call("proxy_grpc_close", id), 0);
  assert.deepEqual(calls.sent, ["ask!", "as", "!", "!"]);
});

Deno.test("gRPC names its upstream by a serialized GrpcService too; else 4", () => {
  const [guest, calls] = probe();
  const service = (...bytes: number[]) =>
    guest.put(UPSTREAM, Uint8Array.from(bytes));
  // { envoy_grpc: { cluster_name: "web" }, timeout: {} }
  const web = [0x0a, 5, 0x0a, 3, 0x77, 0x65, 0x62, 0x1a, 0];
  assert.equal(grpcStream(guest, service(...web)), 0);
  assert.equal(calls.grpc_[0]!.upstream, "web");
  for (
    const wrong of [
      [0x0a, 5, 0x0a, 3, 0x77, 0x65, 0x63],
      [0x0a, 200, 1],
      [0x12, 2, 0x0a, 0],
      [0xff, 0xff, 0xff],
      [],
    ]
  ) assert.equal(grpcStream(guest, service(...wrong)), 4, `${wrong}`);
  assert.equal(calls.grpc_.length, 1);
});

Deno.test("AssemblyScript's declarations without metadata are understood", () => {
  const module = moduleOf(`(module
    (import "env" "proxy_grpc_call" (func $call
      (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "env" "proxy_grpc_stream" (func $stream
      (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "call") (result i32) (call $call
      (i32.const ${UPSTREAM}) (i32.const 3) (i32.const ${SERVICE}) (i32.const 7)
      (i32.const ${METHOD}) (i32.const 2) (i32.const ${BODY}) (i32.const 3)
      (i32.const 100) (i32.const ${ID})))
    (func (export "stream") (result i32) (call $stream
      (i32.const ${UPSTREAM}) (i32.const 3) (i32.const ${SERVICE}) (i32.const 7)
      (i32.const ${METHOD}) (i32.const 2) (i32.const ${ID}))))`);
  const [guest, calls] = probe({ module });
  guest.put(BODY, "ask");
  assert.equal(guest.call("call"), 0);
  assert.equal(guest.u32(ID) & 3, 1);
  assert.equal(guest.call("stream"), 0);
  assert.equal(guest.u32(ID) & 3, 2);
  assert.deepEqual(
    calls.grpc_.map(({ metadata, timeout }) => [metadata, timeout]),
    [[[], 100], [[], 0]],
  );
  assert.deepEqual(calls.sent, ["ask!"]);
});

Deno.test("ids that are unknown or of another kind", () => {
  const [guest] = probe();
  assert.equal(guest.call("proxy_grpc_send", 6, 0, 0, 0), 1);
  assert.equal(guest.call("proxy_grpc_send", 5, 0, 0, 0), 2);
  assert.equal(guest.call("proxy_grpc_send", 4, 0, 0, 0), 2);
  assert.equal(guest.call("proxy_grpc_send", 6, PAGE - 1, 2, 0), 6);
  for (const name of ["proxy_grpc_cancel", "proxy_grpc_close"]) {
    for (const id of [0, 4, 5, 6, -1]) assert.equal(guest.call(name, id), 1);
    const [old] = probe({ version: "0_1_0" });
    assert.equal(old.call(name, 4), 2);
    assert.equal(old.call(name, 5), 1);
  }
});

/** The numbers and what can be read in each callback, as one line. */
function listen(guest: PluginProbe): string[] {
  const heard: string[] = [];
  const pairs = (map: number) => {
    assert.equal(guest.call("proxy_get_header_map_pairs", map, R, R + 4), 0);
    return JSON.stringify(decodePairs(guest.given(R, R + 4)));
  };
  const buffer = (type: number) => {
    const got = guest.call("proxy_get_buffer_bytes", type, 0, -1, R, R + 4);
    return got === 0 ? guest.givenText(R, R + 4) : `status ${got}`;
  };
  const status = () => {
    assert.equal(guest.call("proxy_get_status", R, R + 4, R + 8), 0);
    return `${guest.u32(R)} "${guest.givenText(R + 4, R + 8)}"`;
  };
  const note = (name: string, args: number[]) =>
    heard.push(
      `${name}(${args}) 4=${pairs(4)} 5=${pairs(5)} 6=${pairs(6)} 7=${
        pairs(7)
      } body=${buffer(4)} message=${buffer(5)} status=${status()}`,
    );
  const callbacks = callbacksOf({}, false);
  callbacks.proxy_on_http_call_response = (...a) => note("http", a);
  callbacks.proxy_on_grpc_receive_initial_metadata = (...a) =>
    note("initial", a);
  callbacks.proxy_on_grpc_receive = (...a) => note("receive", a);
  callbacks.proxy_on_grpc_receive_trailing_metadata = (...a) =>
    note("trailing", a);
  callbacks.proxy_on_grpc_close = (...a) => note("close", a);
  guest.vm.calls.attach(callbacks, () => {});
  return heard;
}

const NONE = "4=[] 5=[] 6=[] 7=[] body=status 1 message= status=0";

Deno.test("the response of a call can be read in its callback and not after it", () => {
  const [guest, calls] = probe();
  const heard = listen(guest);
  httpCall(guest);
  calls.answer({
    headers: [[":status", "200"], ["a", "b"]],
    body: bytes("body"),
    trailers: [["t", "1"]],
  });
  assert.deepEqual(
    heard,
    [
      '(1,4,2,4,1) 4=[] 5=[] 6=[[":status","200"],["a","b"]] 7=[["t","1"]] body=body message= status=0 ""',
    ].map((line) => `http${line}`),
  );
  assert.equal(guest.call("proxy_get_buffer_bytes", 4, 0, -1, R, R + 4), 1);
  assert.equal(guest.vm.calls.size, 0);
});

Deno.test("what a call received cannot be changed", () => {
  const [guest] = probe();
  guest.vm.calls.received = {
    ...guest.vm.calls.received,
    buffers: { 4: bytes("body") },
  };
  assert.equal(guest.call("proxy_set_buffer_bytes", 4, 0, 0, BODY, 1), 0);
  assert.match(guest.host.lines.at(-1)!, /buffer 4 cannot be changed/);
});

Deno.test("a call that failed has all numbers 0 and the status 11, reset", () => {
  const [guest, calls] = probe();
  const heard = listen(guest);
  httpCall(guest);
  calls.answer(undefined);
  assert.deepEqual(heard, [
    `http(1,4,0,0,0) ${NONE.replace("status=0", 'status=11 "reset"')}`,
  ]);
});

Deno.test("an answer that comes twice, or after the root went, is heard once or not at all (trap 23)", () => {
  const [guest, calls] = probe();
  const heard = listen(guest);
  httpCall(guest);
  calls.answer(undefined);
  calls.answer(undefined);
  assert.equal(heard.length, 1);
  httpCall(guest);
  guest.vm.delete(guest.root);
  calls.answer(undefined);
  assert.equal(heard.length, 1);
});

Deno.test("an answer waits for the callback that runs, and for those before it (trap 19) (trap 23)", () => {
  const [guest, calls] = probe();
  const heard = listen(guest);
  httpCall(guest);
  guest.vm.queue.begin();
  calls.answer(undefined);
  assert.equal(heard.length, 0);
  guest.vm.queue.leave();
  assert.equal(heard.length, 1);
});

Deno.test("an instance that fails gives its calls up and hears of none (trap 23)", () => {
  const [guest, calls] = probe();
  const heard = listen(guest);
  httpCall(guest);
  grpcStream(guest);
  guest.vm.queue.fail(new Error("trap"));
  assert.equal(calls.cancelled, 2);
  calls.answer(undefined);
  calls.events!.close(0, "");
  assert.equal(heard.length, 0);
});

Deno.test("a unary call is told of by its message, or by its failure, and by nothing else", () => {
  const [guest, calls] = probe();
  const heard = listen(guest);
  for (const [message, status] of [["yes", 0], ["", 5], ["", 0]] as const) {
    grpcCall(guest);
    calls.events!.initial([["i", "1"]]);
    if (message) calls.events!.message(bytes(message), () => {});
    calls.events!.trailing([["t", "1"]]);
    calls.events!.close(status, status ? "why" : "");
  }
  assert.deepEqual(heard, [
    `receive(1,5,3,0,0) ${NONE.replace("message=", "message=yes")} ""`,
    `close(1,9,5,0,0) ${NONE.replace("status=0", "status=5")} "why"`,
    `close(1,13,13,0,0) ${NONE.replace("status=0", "status=13")} ""`,
  ]);
  assert.equal(guest.vm.calls.size, 0);
});

Deno.test("a stream is told of in order: metadata, messages, trailing metadata, close", () => {
  const [guest, calls] = probe();
  const heard = listen(guest);
  grpcStream(guest);
  let done = 0;
  calls.events!.initial([["i", "1"], ["j", "2"]]);
  calls.events!.message(bytes("one"), () => done++);
  calls.events!.message(bytes(""), () => done++);
  calls.events!.trailing([["grpc-status", "0"]]);
  calls.events!.close(0, "");
  assert.deepEqual(heard, [
    `initial(1,6,2,0,0) ${NONE.replace("4=[]", '4=[["i","1"],["j","2"]]')} ""`,
    `receive(1,6,3,0,0) ${NONE.replace("message=", "message=one")} ""`,
    `receive(1,6,0,0,0) ${NONE} ""`,
    `trailing(1,6,1,0,0) ${NONE.replace("5=[]", '5=[["grpc-status","0"]]')} ""`,
    `close(1,6,0,0,0) ${NONE} ""`,
  ]);
  assert.equal(done, 2, "the guest has had both messages");
  assert.equal(guest.call("proxy_grpc_send", 6, 0, 0, 0), 1);
});

Deno.test("a call that the guest cancelled is never told of, even where its answer waits already", () => {
  const [guest, calls] = probe();
  const heard = listen(guest);
  grpcStream(guest);
  guest.vm.queue.begin();
  calls.events!.message(bytes("one"), () => {});
  assert.equal(guest.call("proxy_grpc_cancel", guest.u32(ID)), 0);
  guest.vm.queue.leave();
  assert.equal(calls.cancelled, 1);
  assert.equal(heard.length, 0);
  grpcCall(guest);
  assert.equal(guest.call("proxy_grpc_close", guest.u32(ID)), 0);
  assert.equal(calls.cancelled, 2);
});
