/** Every call that has to do with guest memory, with arguments that are good, and a guest that can make them all. */
import assert from "node:assert/strict";
import type { GuestCalls } from "../../abi/host.ts";
import { encodePairs } from "../../abi/proxywasm/pairs.ts";
import { bytes, span } from "./guests.ts";
import { PAGE, PluginProbe, WAITING } from "./probe.ts";

/** A good call. `spans` are its addresses: index of the argument, bytes read or written there (or its length's index). */
export interface Call {
  name: string;
  args: number[];
  spans: [argument: number, size: number | { length: number }][];
  /** Status of the good call; 0 unless given. */
  status?: number;
}

export const A = 0x100; // "x-one"
const B = 0x200; // "plugin_name"
const P = 0x280; // the fields that a call out must have
export const R = 0x300; // results
const at = (length: number) => ({ length });

const FIELDS = encodePairs([
  [":method", "GET"],
  [":path", "/"],
  [":authority", "a"],
]);
const SIZE = FIELDS.length;

/** The id of the gRPC stream that every guest has open. */
const STREAM = 6;

/** A world in which everything can be called and nothing answers. */
class OpenCalls implements GuestCalls {
  knows(): boolean {
    return true;
  }
  http() {
    return { cancel() {} };
  }
  grpc() {
    return { send() {}, cancel() {} };
  }
}

export const CALLS: Call[] = [
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
    name: "proxy_http_call",
    args: [A, 5, P, SIZE, B, 11, P, SIZE, 100, R],
    spans: [[0, at(1)], [2, at(3)], [4, at(5)], [6, at(7)], [9, 4]],
  },
  {
    name: "proxy_grpc_call",
    args: [A, 5, A, 5, A, 5, P, SIZE, B, 11, 100, R],
    spans: [
      [0, at(1)],
      [2, at(3)],
      [4, at(5)],
      [6, at(7)],
      [8, at(9)],
      [11, 4],
    ],
  },
  {
    name: "proxy_grpc_stream",
    args: [A, 5, A, 5, A, 5, P, SIZE, R],
    spans: [[0, at(1)], [2, at(3)], [4, at(5)], [6, at(7)], [8, 4]],
  },
  {
    name: "proxy_grpc_send",
    args: [STREAM, B, 11, 0],
    spans: [[1, at(2)]],
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

/** A guest that can make any of these calls well, its first page filled with 0xaa and their arguments. */
export function fresh(name: string): PluginProbe {
  const probe = new PluginProbe({
    names: WAITING.includes(name) ? WAITING : undefined,
    hooks: { foreign: new Map([["x-one", () => bytes("value")]]) },
    options: { pluginName: "p", pluginConfiguration: bytes("conf") },
    request: { body: bytes("hello"), bodyIsReal: true },
  });
  probe.host.calls = new OpenCalls();
  probe.host.state = () => Promise.resolve(bytes("value"));
  probe.host.invoke = () => Promise.resolve(bytes("value"));
  probe.memory.fill(0xaa, 0, PAGE);
  probe.put(A, "x-one");
  probe.put(B, "plugin_name");
  probe.put(P, FIELDS);
  const { shared } = probe.vm;
  shared.data.set(span("x-one"), span("v"), 0);
  shared.queues.register(span("x-one"), 1);
  shared.queues.enqueue(1, span("item"));
  shared.metrics.define(1, span("gauge"));
  if (!WAITING.includes(name)) {
    probe.call("proxy_grpc_stream", A, 5, A, 5, A, 5, 0, 0, R);
    assert.equal(probe.u32(R), STREAM);
    probe.memory.fill(0xaa, R, R + 4);
  }
  return probe;
}

/** Makes a call, waiting for it where it waits. */
export async function run(
  probe: PluginProbe,
  name: string,
  args: number[],
): Promise<number> {
  return WAITING.includes(name)
    ? await probe.wait(name, ...args)
    : probe.call(name, ...args);
}
