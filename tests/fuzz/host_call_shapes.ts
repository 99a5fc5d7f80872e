/**
 * What the arguments of each proxy-wasm host call are, and which statuses it may answer to a module of 0.2: those that
 * Rust's SDK survives (ABI.md §1.11), and besides them 6 for memory that is not there and 10 for a limit of ours.
 *
 *     n l   address and size of something that is read; in the place of n:
 *           H a field's name, P a property's path, Q a name of what is shared, U an upstream, M a map, F a function
 *     o O   address of 4 or 8 bytes to be written
 *     p     the same as o, or 0 for "not wanted"
 *     b m s k v   buffer, header map, stream, metric type, log level
 *     c i w   context, id, any number
 *     W     any number of 64 bits
 */
export interface Shape {
  args: string;
  statuses: readonly number[];
}

function shape(args: string, ...statuses: number[]): Shape {
  return { args, statuses };
}

/** Answer 2 only to a number that is over the last one. */
export const LAST: Record<string, number> = { b: 8, m: 7, s: 3, k: 2, v: 5 };

export const SHAPES: Record<string, Shape> = {
  proxy_log: shape("vnl", 0, 6),
  proxy_get_log_level: shape("o", 0, 6),
  proxy_get_current_time_nanoseconds: shape("O", 0, 6),
  proxy_set_tick_period_milliseconds: shape("w", 0),
  proxy_get_configuration: shape("oo", 0, 6),
  proxy_get_buffer_bytes: shape("bwwoo", 0, 1, 6),
  proxy_set_buffer_bytes: shape("bwwnl", 0, 6, 10),
  proxy_get_buffer_status: shape("boo", 0, 1, 6),
  proxy_get_header_map_size: shape("mo", 0, 6),
  proxy_get_header_map_pairs: shape("moo", 0, 6),
  proxy_set_header_map_pairs: shape("mMl", 0, 6),
  proxy_get_header_map_value: shape("mHloo", 0, 1, 6),
  proxy_add_header_map_value: shape("mHlnl", 0, 6, 10),
  proxy_replace_header_map_value: shape("mHlnl", 0, 6, 10),
  proxy_remove_header_map_value: shape("mHl", 0, 6),
  proxy_get_property: shape("Ploo", 0, 1, 3, 6, 10),
  proxy_set_property: shape("Plnl", 0, 6, 10),
  proxy_continue_stream: shape("s", 0),
  proxy_close_stream: shape("s", 0),
  proxy_continue_request: shape("", 0),
  proxy_continue_response: shape("", 0),
  proxy_clear_route_cache: shape("", 0),
  proxy_send_local_response: shape("wnlnlMlw", 0, 6, 10),
  proxy_get_status: shape("ooo", 0, 6),
  proxy_http_call: shape("UlMlnlMlwo", 0, 2, 6, 10),
  proxy_grpc_call: shape("UlQlQlMlnlwo", 0, 4, 6, 10),
  proxy_grpc_stream: shape("UlQlQlMlo", 0, 4, 6, 10),
  proxy_grpc_send: shape("inlw", 0, 1, 2, 6),
  proxy_grpc_cancel: shape("i", 0, 1),
  proxy_grpc_close: shape("i", 0, 1),
  proxy_get_shared_data: shape("Qlooo", 0, 1, 6),
  proxy_set_shared_data: shape("Qlnlw", 0, 6, 8, 10),
  proxy_register_shared_queue: shape("Qlo", 0, 6, 10),
  proxy_resolve_shared_queue: shape("nlQlo", 0, 1, 6),
  proxy_enqueue_shared_queue: shape("inl", 0, 1, 6, 10),
  proxy_dequeue_shared_queue: shape("ioo", 0, 1, 6, 7),
  proxy_define_metric: shape("kQlo", 0, 6, 10),
  proxy_increment_metric: shape("iW", 0, 1, 2),
  proxy_record_metric: shape("iW", 0, 1),
  proxy_get_metric: shape("iO", 0, 1, 2, 6),
  proxy_set_effective_context: shape("c", 0, 2),
  proxy_done: shape("", 0),
  proxy_call_foreign_function: shape("Flnlpp", 0, 1, 2, 3, 6, 10),
};
