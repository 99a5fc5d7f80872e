/**
 * How the arguments of the host calls are to be read, in their order, for the trace:
 *
 *     n  a number             t  address and size of a text or bytes      p  address and size of pairs
 *     N  where a u32 goes     T  where the address and size of bytes go   P  where those of pairs go
 *     L  where a u64 goes
 *
 * A call that is not here is shown with its bare numbers.
 */
export const SHAPES: Readonly<Record<string, string>> = {
  proxy_log: "nt",
  proxy_get_log_level: "N",
  proxy_get_current_time_nanoseconds: "L",
  proxy_set_tick_period_milliseconds: "n",
  proxy_get_configuration: "T",
  proxy_get_buffer_bytes: "nnnT",
  proxy_set_buffer_bytes: "nnnt",
  proxy_get_buffer_status: "nNN",
  proxy_get_header_map_size: "nN",
  proxy_get_header_map_pairs: "nP",
  proxy_set_header_map_pairs: "np",
  proxy_get_header_map_value: "ntT",
  proxy_add_header_map_value: "ntt",
  proxy_replace_header_map_value: "ntt",
  proxy_remove_header_map_value: "nt",
  proxy_get_property: "tT",
  proxy_set_property: "tt",
  proxy_continue_stream: "n",
  proxy_close_stream: "n",
  proxy_send_local_response: "nttpn",
  proxy_get_status: "NT",
  proxy_http_call: "tptpnN",
  proxy_grpc_call: "tttptnN",
  proxy_grpc_stream: "tttpN",
  proxy_grpc_send: "ntn",
  proxy_get_shared_data: "tTN",
  proxy_set_shared_data: "ttn",
  proxy_register_shared_queue: "tN",
  proxy_resolve_shared_queue: "ttN",
  proxy_enqueue_shared_queue: "nt",
  proxy_dequeue_shared_queue: "nT",
  proxy_define_metric: "ntN",
  proxy_increment_metric: "nn",
  proxy_record_metric: "nn",
  proxy_get_metric: "nL",
  proxy_set_effective_context: "n",
  proxy_call_foreign_function: "ttT",
  proxy_get_state: "ttT",
  proxy_invoke_service: "tttT",
};
