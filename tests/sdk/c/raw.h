/* Host calls with plain numbers where pointers belong. */
#ifndef RAW_H
#define RAW_H

#include "proxy_wasm.h"
#include "text.h"

/* A host call by name with plain numbers, for wild pointers. Names without `proxy_`. */
static u32 raw(struct text name, struct text rest) {
  u32 a[10];
  for (u32 i = 0; i < 10; i++) a[i] = next_number(&rest);
#define P(i) ((void *)a[i])
  if (is(name, "log")) return proxy_log(a[0], P(1), a[2]);
  if (is(name, "get_log_level")) return proxy_get_log_level(P(0));
  if (is(name, "get_current_time_nanoseconds")) return proxy_get_current_time_nanoseconds(P(0));
  if (is(name, "get_buffer_bytes")) return proxy_get_buffer_bytes(a[0], a[1], a[2], P(3), P(4));
  if (is(name, "get_buffer_status")) return proxy_get_buffer_status(a[0], P(1), P(2));
  if (is(name, "set_buffer_bytes")) return proxy_set_buffer_bytes(a[0], a[1], a[2], P(3), a[4]);
  if (is(name, "get_header_map_size")) return proxy_get_header_map_size(a[0], P(1));
  if (is(name, "get_header_map_pairs")) return proxy_get_header_map_pairs(a[0], P(1), P(2));
  if (is(name, "set_header_map_pairs")) return proxy_set_header_map_pairs(a[0], P(1), a[2]);
  if (is(name, "get_header_map_value")) return proxy_get_header_map_value(a[0], P(1), a[2], P(3), P(4));
  if (is(name, "add_header_map_value")) return proxy_add_header_map_value(a[0], P(1), a[2], P(3), a[4]);
  if (is(name, "replace_header_map_value")) return proxy_replace_header_map_value(a[0], P(1), a[2], P(3), a[4]);
  if (is(name, "remove_header_map_value")) return proxy_remove_header_map_value(a[0], P(1), a[2]);
  if (is(name, "get_property")) return proxy_get_property(P(0), a[1], P(2), P(3));
  if (is(name, "set_property")) return proxy_set_property(P(0), a[1], P(2), a[3]);
  if (is(name, "continue_stream")) return proxy_continue_stream(a[0]);
  if (is(name, "close_stream")) return proxy_close_stream(a[0]);
  if (is(name, "send_local_response"))
    return proxy_send_local_response(a[0], P(1), a[2], P(3), a[4], P(5), a[6], a[7]);
  if (is(name, "get_status")) return proxy_get_status(P(0), P(1), P(2));
  if (is(name, "http_call")) return proxy_http_call(P(0), a[1], P(2), a[3], P(4), a[5], P(6), a[7], a[8], P(9));
  if (is(name, "get_shared_data")) return proxy_get_shared_data(P(0), a[1], P(2), P(3), P(4));
  if (is(name, "set_shared_data")) return proxy_set_shared_data(P(0), a[1], P(2), a[3], a[4]);
  if (is(name, "register_shared_queue")) return proxy_register_shared_queue(P(0), a[1], P(2));
  if (is(name, "resolve_shared_queue")) return proxy_resolve_shared_queue(P(0), a[1], P(2), a[3], P(4));
  if (is(name, "enqueue_shared_queue")) return proxy_enqueue_shared_queue(a[0], P(1), a[2]);
  if (is(name, "dequeue_shared_queue")) return proxy_dequeue_shared_queue(a[0], P(1), P(2));
  if (is(name, "define_metric")) return proxy_define_metric(a[0], P(1), a[2], P(3));
  if (is(name, "get_metric")) return proxy_get_metric(a[0], P(1));
  if (is(name, "set_effective_context")) return proxy_set_effective_context(a[0]);
  if (is(name, "call_foreign_function")) return proxy_call_foreign_function(P(0), a[1], P(2), a[3], P(4), P(5));
#undef P
  say(" no such call");
  return 0;
}

#endif
