/** Wild pointers: what Envoy answers, call by call. 1024 lies in the probe's data, 0x7fffff00 and -16 nowhere. */
import { type Case, get, post, probe } from "../case.ts";

const BAD = ["0x7fffff00", "-16"];
const bad = (calls: string[]) =>
  BAD.flatMap((at) => calls.map((call) => `raw ${call.replaceAll("BAD", at)}`))
    .join("; ");

const CASES: Record<string, string[]> = {
  log: ["log 2 BAD 4", "log 9 BAD 4", "log 2 BAD 0", "log 2 1024 0x7fffffff"],
  "get-log-level": ["get_log_level BAD"],
  time: ["get_current_time_nanoseconds BAD"],
  "get-buffer": [
    "get_buffer_bytes 0 0 5 BAD 1024",
    "get_buffer_bytes 0 0 5 1024 BAD",
    "get_buffer_bytes 0 5 0 BAD 1024",
    "get_buffer_bytes 9 0 5 BAD 1024",
    "get_buffer_status 0 BAD 1024",
    "get_buffer_status 0 1024 BAD",
    "get_buffer_status 9 BAD 1024",
    "get_buffer_status 1 BAD 1024",
  ],
  "set-buffer": [
    "set_buffer_bytes 0 0 0 BAD 4",
    "set_buffer_bytes 0 0 0 1024 0x7fffffff",
    "set_buffer_bytes 1 0 0 BAD 4",
    "set_buffer_bytes 9 0 0 BAD 4",
    "set_buffer_bytes 0 5 5 BAD 0",
  ],
  headers: [
    "get_header_map_size 0 BAD",
    "get_header_map_size 2 BAD",
    "get_header_map_size 9 BAD",
    "get_header_map_pairs 0 BAD 1024",
    "get_header_map_pairs 0 1024 BAD",
    "get_header_map_pairs 2 BAD 1024",
    "get_header_map_pairs 9 BAD 1024",
    "get_header_map_value 0 BAD 4 1024 1028",
    "get_header_map_value 0 1024 4 BAD 1024",
    "get_header_map_value 9 BAD 4 1024 1028",
    "get_header_map_value 2 BAD 4 1024 1028",
    "set_header_map_pairs 3 BAD 4",
    "set_header_map_pairs 9 BAD 4",
    "add_header_map_value 0 BAD 4 1024 4",
    "add_header_map_value 0 1024 4 BAD 4",
    "add_header_map_value 9 BAD 4 1024 4",
    "add_header_map_value 2 1024 4 BAD 4",
    "replace_header_map_value 0 BAD 4 1024 4",
    "replace_header_map_value 0 1024 4 BAD 4",
    "remove_header_map_value 0 BAD 4",
    "remove_header_map_value 9 BAD 4",
  ],
  properties: [
    "get_property BAD 4 1024 1028",
    "get_property 1024 4 BAD 1024",
    "set_property BAD 4 1024 4",
    "set_property 1024 4 BAD 4",
  ],
  local: [
    "send_local_response 200 BAD 4 1024 4 0 0 -1",
    "send_local_response 200 1024 4 BAD 4 0 0 -1",
    "send_local_response 200 1024 4 1024 4 BAD 4 -1",
  ],
  call: [
    "get_status BAD 1024 1028",
    "get_status 1024 BAD 1028",
    "http_call BAD 4 0 0 0 0 0 0 100 1024",
    "http_call 1024 4 BAD 4 0 0 0 0 100 1024",
    "http_call 1024 4 0 0 BAD 4 0 0 100 1024",
    "http_call 1024 4 0 0 0 0 BAD 4 100 1024",
    "http_call 1024 4 0 0 0 0 0 0 100 BAD",
  ],
  shared: [
    "get_shared_data BAD 4 1024 1028 1032",
    "get_shared_data 1024 4 BAD 1028 1032",
    "set_shared_data BAD 4 1024 4 0",
    "set_shared_data 1024 4 BAD 4 0",
    "get_shared_data 1024 4 BAD 1028 1032",
    "register_shared_queue BAD 4 1024",
    "register_shared_queue 1024 4 BAD",
    "resolve_shared_queue BAD 4 1024 4 1024",
    "resolve_shared_queue 1024 4 BAD 4 1024",
    "resolve_shared_queue 0 0 1024 4 BAD",
    "enqueue_shared_queue 1 BAD 4",
    "enqueue_shared_queue 99 BAD 4",
    "dequeue_shared_queue 1 BAD 1024",
    "dequeue_shared_queue 99 BAD 1024",
    "define_metric 0 BAD 4 1024",
    "define_metric 0 1024 4 BAD",
    "define_metric 9 BAD 4 1024",
    "get_metric 4 BAD",
    "get_metric 99 BAD",
    "call_foreign_function BAD 4 1024 4 1024 1028",
    "call_foreign_function 1024 4 BAD 4 1024 1028",
    "call_foreign_function 1024 4 1024 4 BAD 1028",
  ],
};

export const POINTERS: readonly Case[] = [
  ...Object.entries(CASES).map(([name, calls]) =>
    probe(`pointers-${name}`, [
      `request_body#1: ${bad(calls)}`,
    ], post("/echo", "hello"))
  ),
  probe("pointers-in-pairs", [
    "request_headers: raw set_header_map_pairs 0 1024 1; raw set_header_map_pairs 0 1024 3; raw set_header_map_pairs 0 1024 64; pairs 0",
  ], get("/plain")),
];
