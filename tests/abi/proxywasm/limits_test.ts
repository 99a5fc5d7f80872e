/**
 * Over a limit of this host the log names it. The status is one that Rust's SDK takes (ABI.md §1.11), and 10 to a 0.1.0
 * module; what would have changed what passes ends the exchange then.
 */
import assert from "node:assert/strict";
import { sharedServices, SharedStore } from "../../../abi/mod.ts";
import { MAX_METRICS, MAX_QUEUES } from "../../../abi/proxywasm/limits.ts";
import { PluginProbe, type ProbeSettings } from "../probe.ts";

const TEXT = 0x100;
const R = 0x80;
const MEGABYTE = 1024 * 1024;

type Version = NonNullable<ProbeSettings["version"]>;

/** A plugin whose pod's store holds so many bytes. */
function probe(version: Version, storeBytes = MEGABYTE / 4): PluginProbe {
  const space = SharedStore.create(storeBytes).open("vm");
  const shared = sharedServices(space, 1, 1, () => {});
  return new PluginProbe({ version, hooks: { shared, maxBodyBytes: 1000 } });
}

/** Calls until the log has a line, an error that begins so. @returns the last call's status; those before gave 0. */
function over(
  guest: PluginProbe,
  start: string,
  call: (n: number) => number,
): number {
  for (let n = 0;; n++) {
    const status = call(n);
    const [line] = guest.host.lines;
    if (line === undefined) assert.equal(status, 0);
    else {
      assert.equal(line.slice(0, start.length + 2), `4 ${start}`);
      return status;
    }
  }
}

/** What both kinds of module hear of a call over a limit. */
function heard(of: (version: Version) => number): [number, number] {
  return [of("0_2_1"), of("0_1_0")];
}

Deno.test("a store that is full is told with each call that finds no room in it", () => {
  const set = (version: Version) => {
    const guest = probe(version);
    return over(
      guest,
      "proxy_set_shared_data failed: a value of 4096 bytes would",
      (n) => {
        const size = guest.put(TEXT, `key ${n}`);
        return guest.call("proxy_set_shared_data", TEXT, size, 0, 4096, 0);
      },
    );
  };
  assert.deepEqual(heard(set), [0, 10]);
});

Deno.test("an item too many is 1: there is no room for it", () => {
  const enqueue = (version: Version) => {
    const guest = probe(version);
    const size = guest.put(TEXT, "queue");
    assert.equal(guest.call("proxy_register_shared_queue", TEXT, size, R), 0);
    const id = guest.u32(R);
    return over(
      guest,
      "proxy_enqueue_shared_queue failed: an item of 4096 bytes would",
      () => guest.call("proxy_enqueue_shared_queue", id, 0, 4096),
    );
  };
  assert.deepEqual(heard(enqueue), [1, 10]);
});

Deno.test("a queue too many has an id that no queue has", () => {
  const register = (version: Version) => {
    const guest = probe(version, 16 * MEGABYTE);
    const status = over(
      guest,
      `proxy_register_shared_queue failed: the VM id has ${MAX_QUEUES} queues`,
      (n) => {
        const size = guest.put(TEXT, `queue ${n}`);
        return guest.call("proxy_register_shared_queue", TEXT, size, R);
      },
    );
    const id = guest.u32(R);
    assert.equal(guest.call("proxy_enqueue_shared_queue", id, 0, 1), 1);
    assert.equal(guest.call("proxy_dequeue_shared_queue", id, R, R + 4), 1);
    return status;
  };
  assert.deepEqual(heard(register), [0, 10]);
});

Deno.test("a metric too many has an id that no metric has", () => {
  const define = (version: Version) => {
    const guest = probe(version, 16 * MEGABYTE);
    const status = over(
      guest,
      "proxy_define_metric failed: the name of",
      (n) => {
        const size = guest.put(TEXT, `metric ${n}`);
        return guest.call("proxy_define_metric", 0, TEXT, size, R);
      },
    );
    assert.match(guest.host.lines[0]!, new RegExp(` ${MAX_METRICS} metrics`));
    const id = guest.u32(R);
    assert.equal(guest.call("proxy_increment_metric", id, 1n), 1);
    assert.equal(guest.call("proxy_record_metric", id, 1n), 1);
    assert.equal(guest.call("proxy_get_metric", id, R), 1);
    return status;
  };
  assert.deepEqual(heard(define), [0, 10]);
});

Deno.test("what would change what passes ends the exchange where the module does not hear of it", () => {
  const calls: [what: string, name: string, args: number[]][] = [
    [
      "the body of 1001 bytes",
      "proxy_send_local_response",
      [200, 0, 0, 0, 1001, 0, 0, -1],
    ],
    ["buffer 0 would exceed", "proxy_set_buffer_bytes", [0, -1, 0, 0, 1001]],
  ];
  for (const [what, name, args] of calls) {
    const change = (version: Version) => {
      const guest = probe(version);
      const status = over(
        guest,
        `${name} failed: ${what}`,
        () => guest.call(name, ...args),
      );
      assert.equal(
        guest.http.localResponse?.status ?? guest.controlled.join(),
        version === "0_1_0" ? "" : 500,
        name,
      );
      return status;
    };
    assert.deepEqual(heard(change), [0, 10], name);
  }
});

Deno.test("a foreign function says 10 to both, which Rust's SDK takes there", () => {
  const compress = (version: Version) => {
    const guest = probe(version);
    const size = guest.put(TEXT, "compress");
    return over(
      guest,
      "proxy_call_foreign_function failed: the argument of 1001 bytes",
      () =>
        guest.call(
          "proxy_call_foreign_function",
          ...[TEXT, size, 0, 1001, R, R + 4],
        ),
    );
  };
  assert.deepEqual(heard(compress), [10, 10]);
});
