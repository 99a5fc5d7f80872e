/** Over a limit of this host a call answers 10; the log says which limit, since Rust's SDK panics on it. */
import assert from "node:assert/strict";
import { sharedServices, SharedStore } from "../../../abi/mod.ts";
import { MAX_METRICS, MAX_QUEUES } from "../../../abi/proxywasm/limits.ts";
import { PluginProbe } from "../probe.ts";

const TEXT = 0x100;
const R = 0x80;

/** A plugin whose pod's store holds so many bytes. */
function probe(storeBytes: number): PluginProbe {
  const space = SharedStore.create(storeBytes).open("vm");
  const shared = sharedServices(space, 1, 1, () => {});
  return new PluginProbe({ hooks: { shared, maxBodyBytes: 1000 } });
}

/** Calls until the answer is not 0 any more. */
function last(call: (n: number) => number): number {
  for (let n = 0;; n++) {
    const status = call(n);
    if (status !== 0) return status;
  }
}

/** Asserts that one line was logged, an error that begins so. */
function said(guest: PluginProbe, start: string): void {
  assert.equal(guest.host.lines.length, 1, guest.host.lines.join("\n"));
  assert.equal(guest.host.lines[0]!.slice(0, start.length + 2), `4 ${start}`);
}

Deno.test("a store that is full is told with each call that finds no room in it", () => {
  const guest = probe(256 * 1024);
  assert.equal(
    last((n) => {
      const size = guest.put(TEXT, `key ${n}`);
      return guest.call("proxy_set_shared_data", TEXT, size, 0, 4096, 0);
    }),
    10,
  );
  said(guest, "proxy_set_shared_data failed: a value of 4096 bytes would");
});

Deno.test("so are an item too many, a queue too many and a metric too many", () => {
  const items = probe(256 * 1024);
  const size = items.put(TEXT, "queue");
  assert.equal(items.call("proxy_register_shared_queue", TEXT, size, R), 0);
  const id = items.u32(R);
  assert.equal(
    last(() => items.call("proxy_enqueue_shared_queue", id, 0, 4096)),
    10,
  );
  said(items, "proxy_enqueue_shared_queue failed: an item of 4096 bytes would");

  const queues = probe(16 * 1024 * 1024);
  assert.equal(
    last((n) => {
      const size = queues.put(TEXT, `queue ${n}`);
      return queues.call("proxy_register_shared_queue", TEXT, size, R);
    }),
    10,
  );
  said(
    queues,
    `proxy_register_shared_queue failed: the VM id has ${MAX_QUEUES} queues`,
  );

  const metrics = probe(16 * 1024 * 1024);
  assert.equal(
    last((n) => {
      const size = metrics.put(TEXT, `metric ${n}`);
      return metrics.call("proxy_define_metric", 0, TEXT, size, R);
    }),
    10,
  );
  said(metrics, "proxy_define_metric failed: the name of");
  assert.match(metrics.host.lines[0]!, new RegExp(` ${MAX_METRICS} metrics`));
});

Deno.test("so is a local response whose body is too long", () => {
  const guest = probe(256 * 1024);
  const status = guest.call(
    "proxy_send_local_response",
    ...[200, 0, 0, 0, 1001, 0, 0, -1],
  );
  assert.equal(status, 10);
  said(guest, "proxy_send_local_response failed: the body of 1001 bytes");
});
