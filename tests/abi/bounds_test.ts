/**
 * Every address that a guest may hand over, at the last place that fits, one past it, and at -1. What is refused must
 * have changed nothing; what is accepted must have changed only what it says.
 */
import assert from "node:assert/strict";
import { HEAP, PAGE, PluginProbe, WAITING } from "./probe.ts";
import { bytes } from "./guests.ts";

/** A good call. `spans` are its addresses: index of the argument, bytes read or written there (or its length's index). */
interface Call {
  name: string;
  args: number[];
  spans: [argument: number, size: number | { length: number }][];
  /** Status of the good call; 0 unless given. */
  status?: number;
}

const A = 0x100; // "x-one"
const B = 0x200; // "plugin_name"
const R = 0x300; // results
const at = (length: number) => ({ length });

const CALLS: Call[] = [
  { name: "proxy_log", args: [2, A, 5], spans: [[1, at(2)]] },
  { name: "proxy_get_log_level", args: [R], spans: [[0, 4]] },
  { name: "proxy_get_current_time_nanoseconds", args: [R], spans: [[0, 8]] },
  {
    name: "proxy_get_configuration",
    args: [R, R + 8],
    spans: [[0, 4], [1, 4]],
  },
  {
    name: "proxy_get_buffer_bytes",
    args: [0, 0, 100, R, R + 8],
    spans: [[3, 4], [4, 4]],
  },
  {
    name: "proxy_set_buffer_bytes",
    args: [1, 0, 0, A, 5],
    spans: [[3, at(4)]],
  },
  {
    name: "proxy_get_buffer_status",
    args: [0, R, R + 8],
    spans: [[1, 4], [2, 4]],
  },
  { name: "proxy_get_header_map_size", args: [0, R], spans: [[1, 4]] },
  {
    name: "proxy_get_header_map_pairs",
    args: [0, R, R + 8],
    spans: [[1, 4], [2, 4]],
  },
  { name: "proxy_set_header_map_pairs", args: [2, A, 5], spans: [[1, at(2)]] },
  {
    name: "proxy_get_header_map_value",
    args: [0, A, 5, R, R + 8],
    spans: [[1, at(2)], [3, 4], [4, 4]],
  },
  {
    name: "proxy_add_header_map_value",
    args: [0, A, 5, B, 11],
    spans: [[1, at(2)], [3, at(4)]],
  },
  {
    name: "proxy_replace_header_map_value",
    args: [0, A, 5, B, 11],
    spans: [[1, at(2)], [3, at(4)]],
  },
  {
    name: "proxy_remove_header_map_value",
    args: [0, A, 5],
    spans: [[1, at(2)]],
  },
  {
    name: "proxy_get_property",
    args: [B, 11, R, R + 8],
    spans: [[0, at(1)], [2, 4], [3, 4]],
  },
  {
    name: "proxy_set_property",
    args: [B, 11, A, 5],
    spans: [[0, at(1)], [2, at(3)]],
  },
  {
    name: "proxy_send_local_response",
    args: [200, A, 5, A, 5, A, 5, -1],
    spans: [[1, at(2)], [3, at(4)], [5, at(6)]],
  },
  {
    name: "proxy_get_status",
    args: [R, R + 8, R + 16],
    spans: [[0, 4], [1, 4], [2, 4]],
  },
  {
    name: "proxy_get_shared_data",
    args: [A, 5, R, R + 8, R + 16],
    spans: [[0, at(1)], [2, 4], [3, 4], [4, 4]],
  },
  {
    name: "proxy_set_shared_data",
    args: [A, 5, B, 11, 0],
    spans: [[0, at(1)], [2, at(3)]],
  },
  {
    name: "proxy_register_shared_queue",
    args: [A, 5, R],
    spans: [[0, at(1)], [2, 4]],
  },
  {
    name: "proxy_resolve_shared_queue",
    args: [0, 0, A, 5, R],
    spans: [[2, at(3)], [4, 4]],
  },
  {
    name: "proxy_enqueue_shared_queue",
    args: [1, A, 5],
    spans: [[1, at(2)]],
  },
  {
    name: "proxy_dequeue_shared_queue",
    args: [1, R, R + 8],
    spans: [[1, 4], [2, 4]],
  },
  {
    name: "proxy_define_metric",
    args: [0, A, 5, R],
    spans: [[1, at(2)], [3, 4]],
  },
  { name: "proxy_get_metric", args: [5, R], spans: [[1, 4 + 4]] },
  {
    name: "proxy_call_foreign_function",
    args: [A, 5, B, 11, R, R + 8],
    spans: [[0, at(1)], [2, at(3)], [4, 4], [5, 4]],
  },
  {
    name: "proxy_get_state",
    args: [A, 5, B, 11, R, R + 8],
    spans: [[0, at(1)], [2, at(3)], [4, 4], [5, 4]],
  },
  {
    name: "proxy_invoke_service",
    args: [A, 5, A, 5, B, 11, R, R + 8],
    spans: [[0, at(1)], [2, at(3)], [4, at(5)], [6, 4], [7, 4]],
  },
];

function fresh(name: string): PluginProbe {
  const probe = new PluginProbe({
    names: WAITING.includes(name) ? WAITING : undefined,
    hooks: { foreign: new Map([["x-one", () => bytes("value")]]) },
    options: { pluginName: "p", pluginConfiguration: bytes("conf") },
    request: { body: bytes("hello"), bodyIsReal: true },
  });
  probe.host.state = () => Promise.resolve(bytes("value"));
  probe.host.invoke = () => Promise.resolve(bytes("value"));
  probe.memory.fill(0xaa);
  probe.put(A, "x-one");
  probe.put(B, "plugin_name");
  const { shared } = probe.vm;
  shared.data.set(bytes("x-one"), bytes("v"), 0);
  shared.queues.register(bytes("x-one"), 1);
  shared.queues.enqueue(1, bytes("item"));
  shared.metrics.define(1, bytes("gauge"));
  return probe;
}

async function run(probe: PluginProbe, name: string, args: number[]) {
  return WAITING.includes(name)
    ? await probe.wait(name, ...args)
    : probe.call(name, ...args);
}

for (const { name, args, spans, status } of CALLS) {
  Deno.test(`${name} accepts good addresses and writes nothing else`, async () => {
    const probe = fresh(name);
    const before = probe.memory.slice(0, HEAP);
    assert.equal(await run(probe, name, args), status ?? 0);
    const results = spans.filter(([, size]) => typeof size === "number")
      .map(([index, size]) => [args[index]!, size as number] as const);
    for (let i = 0; i < HEAP; i++) {
      const allowed = results.some(([start, size]) =>
        i >= start && i < start + size
      );
      if (!allowed) assert.equal(probe.memory[i], before[i], `byte ${i}`);
    }
  });

  for (const [index, span] of spans) {
    const size = typeof span === "number" ? span : args[span.length]!;
    Deno.test(`${name} checks the address in argument ${index}`, async () => {
      const last = fresh(name);
      // The same bytes, at the very end.
      last.memory.copyWithin(PAGE - size, args[index]!, args[index]! + size);
      const good = args.with(index, PAGE - size);
      assert.equal(await run(last, name, good), status ?? 0, "last place");
      for (const bad of [PAGE - size + 1, PAGE, -1, -size, 0x7fffffff]) {
        const probe = fresh(name);
        const before = probe.memory.slice();
        const answer = await run(probe, name, args.with(index, bad));
        assert.equal(answer, 6, `address ${bad}`);
        assert.deepEqual(probe.memory.slice(), before);
        assert.equal(probe.asked, -1, "nothing was allocated");
        assert.deepEqual(probe.host.invoked, [], "nothing was called");
      }
      if (typeof span === "number") return;
      const probe = fresh(name);
      const huge = args.with(span.length, -1);
      assert.equal(await run(probe, name, huge), 6, "4 GiB");
    });
  }
}

Deno.test("an empty text is never looked at, whatever its address", () => {
  const probe = fresh("proxy_log");
  assert.equal(probe.call("proxy_log", 2, 1, 0), 0);
  assert.equal(probe.call("proxy_log", 2, -1, 0), 0);
  assert.equal(probe.call("proxy_set_buffer_bytes", 1, 0, 0, -1, 0), 0);
  assert.equal(probe.call("proxy_set_shared_data", A, 5, -1, 0, 0), 0);
});
