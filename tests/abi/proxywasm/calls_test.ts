/** Host calls with their statuses, one row of ABI.md §1 after the other, and §1.11: none that kills its SDK. */
import assert from "node:assert/strict";
import {
  createSharedServices,
  sharedServices,
  SharedStore,
} from "../../../abi/mod.ts";
import { bytes, span, text } from "../guests.ts";
import { encodePairs } from "../../../abi/proxywasm/pairs.ts";
import { PluginProbe } from "../probe.ts";

const A = 0x100;
const B = 0x200;
const R = 0x300;

Deno.test("proxy_log passes levels 0 to 5 on and refuses others with 2", () => {
  const guest = new PluginProbe();
  const size = guest.put(A, "a line");
  for (let level = 0; level <= 5; level++) {
    assert.equal(guest.call("proxy_log", level, A, size), 0);
  }
  assert.equal(guest.call("proxy_log", 6, A, size), 2);
  assert.equal(guest.call("proxy_log", -1, A, size), 2);
  assert.deepEqual(
    guest.host.lines,
    [0, 1, 2, 3, 4, 5].map((level) => `${level} a line`),
  );
});

Deno.test("a line that is no UTF-8 is logged with replacements (trap 34)", () => {
  const guest = new PluginProbe();
  const line = Uint8Array.of(0x61, 0xff, 0xc3, 0x62, 0xed, 0xa0, 0x80, 0, 0xe2);
  assert.equal(guest.call("proxy_log", 2, A, guest.put(A, line)), 0);
  assert.deepEqual(guest.host.lines, [
    "2 a\ufffd\ufffdb\ufffd\ufffd\ufffd\0\ufffd",
  ]);
});

Deno.test("lines under the host's level are dropped, and the guest can ask for the level", () => {
  const guest = new PluginProbe();
  guest.host.level = 3;
  const size = guest.put(A, "a line");
  guest.call("proxy_log", 2, A, size);
  guest.call("proxy_log", 3, A, size);
  assert.deepEqual(guest.host.lines, ["3 a line"]);
  assert.equal(guest.call("proxy_get_log_level", R), 0);
  assert.equal(guest.u32(R), 3);
});

Deno.test("a log line is cut at 256 KiB and says so", () => {
  const guest = new PluginProbe();
  guest.vm.memory.attach(new WebAssembly.Memory({ initial: 5 }), undefined);
  assert.equal(guest.call("proxy_log", 2, 0, 262144 + 3), 0);
  assert.match(guest.host.logged[0]![1], /… \(3 more bytes\)$/);
});

Deno.test("the time is eight bytes of nanoseconds between two readings of the clock", () => {
  const guest = new PluginProbe();
  for (let i = 0; i < 1000; i++) {
    const before = BigInt(Date.now() - 2) * 1_000_000n;
    assert.equal(guest.call("proxy_get_current_time_nanoseconds", R), 0);
    const after = BigInt(Date.now() + 3) * 1_000_000n;
    const time = guest.u64(R);
    assert.ok(before <= time && time <= after, `${time}`);
  }
});

Deno.test("the tick period belongs to the root context and is told (trap 32)", () => {
  const told: number[] = [];
  const guest = new PluginProbe({
    hooks: { onTickPeriod: (period) => told.push(period) },
  });
  assert.equal(guest.call("proxy_set_tick_period_milliseconds", 250), 0);
  assert.equal(guest.root.tickPeriod, 250);
  assert.equal(guest.call("proxy_set_tick_period_milliseconds", -1), 0);
  assert.equal(guest.root.tickPeriod, 0xffffffff);
  assert.equal(guest.call("proxy_set_tick_period_milliseconds", 0), 0);
  assert.deepEqual(told, [250, 0xffffffff, 0]);
});

Deno.test("a local response is kept with its status, headers, body and gRPC status", () => {
  const guest = new PluginProbe();
  const details = guest.put(A, "why");
  const body = guest.put(B, "no");
  const headers = guest.put(R, encodePairs([["x-a", "1"]]));
  const send = (grpc: number) =>
    guest.call(
      "proxy_send_local_response",
      403,
      A,
      details,
      B,
      body,
      R,
      headers,
      grpc,
    );
  for (const [given, kept] of [[-1, -1], [0, 0], [16, 16], [17, -1]]) {
    assert.equal(send(given!), 0);
    assert.deepEqual(guest.http.localResponse, {
      status: 403,
      details: "why",
      body: bytes("no"),
      headers: [["x-a", "1"]],
      grpcStatus: kept,
    });
  }
});

Deno.test("a local response outside an exchange is 0 and a line in the log (trap 20)", () => {
  const guest = new PluginProbe({ onRoot: true });
  const status = guest.call(
    "proxy_send_local_response",
    200,
    0,
    0,
    0,
    0,
    0,
    0,
    -1,
  );
  assert.equal(status, 0);
  assert.match(guest.host.lines[0]!, /has no HTTP exchange to answer/);
});

Deno.test("streams of types 0 to 3 can be continued and closed, others are 2 (trap 21)", () => {
  for (const name of ["proxy_continue_stream", "proxy_close_stream"]) {
    const guest = new PluginProbe();
    for (const type of [0, 1, 2, 3]) assert.equal(guest.call(name, type), 0);
    assert.equal(guest.call(name, 4), 2);
    assert.equal(guest.call(name, -1), 2);
    assert.deepEqual(
      guest.controlled,
      name === "proxy_close_stream"
        ? ["close", "close"]
        : ["continue request", "continue response"],
    );
  }
  const old = new PluginProbe({ version: "0_1_0" });
  assert.equal(old.call("proxy_continue_request"), 0);
  assert.equal(old.call("proxy_continue_response"), 0);
  assert.equal(old.call("proxy_clear_route_cache"), 0);
});

Deno.test("the status of the last call out is 0 with an empty message", () => {
  const guest = new PluginProbe();
  guest.memory.fill(0xaa, R, R + 16);
  assert.equal(guest.call("proxy_get_status", R, R + 4, R + 8), 0);
  assert.deepEqual([0, 4, 8, 12].map((at) => guest.u32(R + at)), [
    0,
    0,
    0,
    0xaaaaaaaa,
  ]);
});

Deno.test("an unknown foreign function is 1, also when its result is not wanted", () => {
  const guest = new PluginProbe();
  const size = guest.put(A, "decompress");
  assert.equal(
    guest.call("proxy_call_foreign_function", A, size, 0, 0, 0, 0),
    1,
  );
});

Deno.test("the effective context changes what calls act on; an unknown id is 2 (trap 22)", () => {
  const guest = new PluginProbe({ onRoot: true });
  assert.equal(guest.call("proxy_set_buffer_bytes", 1, 0, 0, A, 1), 0);
  assert.equal(guest.http.responseSide.body!.length, 0);
  assert.equal(guest.call("proxy_set_effective_context", 2), 0);
  assert.equal(guest.call("proxy_set_buffer_bytes", 1, 0, 0, A, 1), 0);
  assert.equal(guest.http.responseSide.body!.length, 1);
  assert.equal(guest.call("proxy_set_effective_context", 99), 2);
  // The VM's own: there is no exchange to act on.
  assert.equal(guest.call("proxy_set_effective_context", 0), 0);
  assert.equal(guest.vm.http, undefined);
});

Deno.test("proxy_done with nothing pending is 0 to a 0.2 module, which Rust needs, and 1 to 0.1.0 (trap 30)", () => {
  assert.equal(new PluginProbe().call("proxy_done"), 0);
  assert.equal(new PluginProbe({ version: "0_1_0" }).call("proxy_done"), 1);
});

function sharedSet(
  guest: PluginProbe,
  key: string,
  value: string,
  cas: number,
): number {
  return guest.call(
    "proxy_set_shared_data",
    A,
    guest.put(A, key),
    B,
    guest.put(B, value),
    cas,
  );
}

function sharedGet(guest: PluginProbe, key: string): number | [string, number] {
  const size = guest.put(A, key);
  const status = guest.call(
    "proxy_get_shared_data",
    A,
    size,
    R,
    R + 4,
    R + 8,
  );
  return status === 0 ? [guest.givenText(R, R + 4), guest.u32(R + 8)] : status;
}

Deno.test("shared data: one counter for all keys, a stale number is 8 and changes nothing", () => {
  const guest = new PluginProbe();
  assert.equal(sharedGet(guest, "k"), 1);
  assert.equal(sharedSet(guest, "k", "a", 0), 0);
  assert.equal(sharedSet(guest, "k", "b", 0), 0);
  assert.deepEqual(sharedGet(guest, "k"), ["b", 2]);
  assert.equal(sharedSet(guest, "k", "c", 2), 0);
  assert.deepEqual(sharedGet(guest, "k"), ["c", 3]);
  assert.equal(sharedSet(guest, "k", "d", 2), 8);
  assert.deepEqual(sharedGet(guest, "k"), ["c", 3]);
  assert.equal(sharedSet(guest, "new", "", 77), 0, "no key, any number");
  assert.deepEqual(sharedGet(guest, "new"), ["", 4]);
});

Deno.test("instances with the same services share data, others do not", () => {
  const shared = createSharedServices();
  const one = new PluginProbe({ hooks: { shared } });
  const two = new PluginProbe({ hooks: { shared } });
  sharedSet(one, "k", "v", 0);
  assert.deepEqual(sharedGet(two, "k"), ["v", 1]);
  assert.equal(sharedGet(new PluginProbe(), "k"), 1);
});

Deno.test("queues: ids from 1, first in first out, empty is 7, unknown is 1", () => {
  const ready: number[][] = [];
  const shared = createSharedServices(({ root }, queue) =>
    ready.push([root, queue])
  );
  const guest = new PluginProbe({ hooks: { shared } });
  const register = (name: string) => {
    const status = guest.call(
      "proxy_register_shared_queue",
      A,
      guest.put(A, name),
      R,
    );
    return status === 0 ? guest.u32(R) : -status;
  };
  assert.equal(register("q"), 1);
  assert.equal(register("r"), 2);
  assert.equal(register("q"), 1);
  const enqueue = (id: number, item: string) =>
    guest.call("proxy_enqueue_shared_queue", id, B, guest.put(B, item));
  for (const item of ["one", "", "three"]) assert.equal(enqueue(1, item), 0);
  assert.equal(enqueue(0, "x"), 1);
  assert.equal(enqueue(3, "x"), 1);
  assert.deepEqual(ready, [[1, 1], [1, 1], [1, 1]]);
  for (const item of ["one", "", "three"]) {
    assert.equal(guest.call("proxy_dequeue_shared_queue", 1, R, R + 4), 0);
    assert.equal(guest.givenText(R, R + 4), item);
  }
  assert.equal(guest.call("proxy_dequeue_shared_queue", 1, R, R + 4), 7);
  assert.equal(guest.call("proxy_dequeue_shared_queue", 9, R, R + 4), 1);
});

Deno.test("an item that the guest has no memory for stays in its queue (trap 11)", () => {
  const guest = new PluginProbe();
  guest.vm.shared.queues.register(span("q"), 1);
  guest.vm.shared.queues.enqueue(1, span("item"));
  guest.allocator = 1;
  assert.equal(guest.call("proxy_dequeue_shared_queue", 1, R, R + 4), 6);
  guest.allocator = 0;
  assert.equal(guest.call("proxy_dequeue_shared_queue", 1, R, R + 4), 0);
  assert.equal(guest.givenText(R, R + 4), "item");
});

Deno.test("an item stays in its queue when the guest's allocator traps (trap 11)", () => {
  const guest = new PluginProbe();
  guest.vm.shared.queues.register(span("q"), 1);
  guest.vm.shared.queues.enqueue(1, span("item"));
  guest.allocator = 3;
  assert.throws(
    () => guest.call("proxy_dequeue_shared_queue", 1, R, R + 4),
    WebAssembly.RuntimeError,
  );
  assert.equal(guest.vm.shared.queues.take(1), 0);
});

Deno.test("queues resolve by VM id and name; an empty VM id is the caller's", () => {
  const store = SharedStore.create();
  const services = (vmId: string) =>
    sharedServices(store.open(vmId), 1, 1, () => {});
  const other = services("other").queues.register(span("q"), 1);
  const guest = new PluginProbe({ hooks: { shared: services("mine") } });
  guest.vm.shared.queues.register(span("q"), 1);
  const resolve = (vmId: string, name: string) => {
    const status = guest.call(
      "proxy_resolve_shared_queue",
      B,
      guest.put(B, vmId),
      A,
      guest.put(A, name),
      R,
    );
    return status === 0 ? guest.u32(R) : -status;
  };
  assert.equal(resolve("other", "q"), other);
  assert.equal(resolve("", "q"), 2);
  assert.equal(resolve("mine", "q"), 2);
  assert.equal(resolve("third", "q"), -1);
  assert.equal(resolve("", "nothing"), -1);
});

Deno.test("metrics: types keep to their operations, 64 bits arrive signed (trap 2)", () => {
  const guest = new PluginProbe();
  const define = (type: number, name: string) => {
    const status = guest.call(
      "proxy_define_metric",
      type,
      A,
      guest.put(A, name),
      R,
    );
    return status === 0 ? guest.u32(R) : -status;
  };
  const value = (id: number) => {
    const status = guest.call("proxy_get_metric", id, R);
    return status === 0 ? guest.u64(R) : status;
  };
  const counter = define(0, "c");
  const gauge = define(1, "g");
  const histogram = define(2, "h");
  assert.equal(define(0, "c"), counter);
  assert.notEqual(define(1, "c"), counter);
  assert.equal(define(3, "x"), -2);
  assert.equal(guest.call("proxy_increment_metric", counter, 3n), 0);
  assert.equal(guest.call("proxy_increment_metric", counter, -1n), 2);
  assert.equal(guest.call("proxy_record_metric", counter, 4n), 0);
  assert.equal(value(counter), 7n);
  assert.equal(guest.call("proxy_increment_metric", gauge, -1n), 0);
  assert.equal(value(gauge), 2n ** 64n - 1n);
  assert.equal(guest.call("proxy_record_metric", gauge, 5n), 0);
  assert.equal(value(gauge), 5n);
  assert.equal(guest.call("proxy_increment_metric", histogram, 1n), 2);
  assert.equal(guest.call("proxy_record_metric", histogram, 9n), 0);
  assert.equal(value(histogram), 2);
  // Unknown ids: Envoy looks at the type in the low bits first.
  for (const [id, status] of [[996, 1], [997, 1], [998, 2], [999, 2]]) {
    assert.equal(value(id!), status);
    assert.equal(guest.call("proxy_increment_metric", id!, 1n), status);
    assert.equal(guest.call("proxy_record_metric", id!, 1n), 1);
  }
  assert.deepEqual(
    [...guest.vm.shared.metrics.all()].map((
      { name, value },
    ) => [text(name), value]),
    [["c", 0n], ["h", 9n], ["g", 5n], ["c", 7n]],
  );
});
