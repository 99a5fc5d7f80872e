/*
 * The host calls of proxy-wasm 0.2.1, as C sees them: one declaration each, in the order of the specification. A call
 * answers a status; what it gives is written through the last pointers. Texts the host gives lie in memory from malloc.
 */
#ifndef PROXY_WASM_H
#define PROXY_WASM_H

#define IMPORT(name) __attribute__((import_module("env"), import_name(#name)))
#define EXPORT(name) __attribute__((export_name(#name)))

typedef unsigned int u32;
typedef unsigned long long u64;
typedef long long i64;

IMPORT(proxy_log)
u32 proxy_log(u32 level, const char *text, u32 size);
IMPORT(proxy_get_log_level)
u32 proxy_get_log_level(u32 *level);
IMPORT(proxy_get_current_time_nanoseconds)
u32 proxy_get_current_time_nanoseconds(u64 *time);
IMPORT(proxy_set_tick_period_milliseconds)
u32 proxy_set_tick_period_milliseconds(u32 period);

IMPORT(proxy_get_buffer_bytes)
u32 proxy_get_buffer_bytes(u32 type, u32 start, u32 max, char **bytes, u32 *size);
IMPORT(proxy_get_buffer_status)
u32 proxy_get_buffer_status(u32 type, u32 *size, u32 *flags);
IMPORT(proxy_set_buffer_bytes)
u32 proxy_set_buffer_bytes(u32 type, u32 start, u32 size, const char *bytes, u32 length);

IMPORT(proxy_get_header_map_size)
u32 proxy_get_header_map_size(u32 map, u32 *size);
IMPORT(proxy_get_header_map_pairs)
u32 proxy_get_header_map_pairs(u32 map, char **bytes, u32 *size);
IMPORT(proxy_set_header_map_pairs)
u32 proxy_set_header_map_pairs(u32 map, const char *bytes, u32 size);
IMPORT(proxy_get_header_map_value)
u32 proxy_get_header_map_value(u32 map, const char *key, u32 key_size, char **value, u32 *size);
IMPORT(proxy_add_header_map_value)
u32 proxy_add_header_map_value(u32 map, const char *key, u32 key_size, const char *value, u32 size);
IMPORT(proxy_replace_header_map_value)
u32 proxy_replace_header_map_value(u32 map, const char *key, u32 key_size, const char *value, u32 size);
IMPORT(proxy_remove_header_map_value)
u32 proxy_remove_header_map_value(u32 map, const char *key, u32 key_size);

IMPORT(proxy_get_property)
u32 proxy_get_property(const char *path, u32 path_size, char **value, u32 *size);
IMPORT(proxy_set_property)
u32 proxy_set_property(const char *path, u32 path_size, const char *value, u32 size);

IMPORT(proxy_continue_stream)
u32 proxy_continue_stream(u32 type);
IMPORT(proxy_close_stream)
u32 proxy_close_stream(u32 type);
IMPORT(proxy_send_local_response)
u32 proxy_send_local_response(u32 code, const char *details, u32 details_size, const char *body, u32 body_size,
                              const char *headers, u32 headers_size, u32 grpc_status);
IMPORT(proxy_get_status)
u32 proxy_get_status(u32 *code, char **text, u32 *size);

IMPORT(proxy_http_call)
u32 proxy_http_call(const char *upstream, u32 upstream_size, const char *headers, u32 headers_size, const char *body,
                    u32 body_size, const char *trailers, u32 trailers_size, u32 timeout, u32 *id);

IMPORT(proxy_get_shared_data)
u32 proxy_get_shared_data(const char *key, u32 key_size, char **value, u32 *size, u32 *cas);
IMPORT(proxy_set_shared_data)
u32 proxy_set_shared_data(const char *key, u32 key_size, const char *value, u32 size, u32 cas);
IMPORT(proxy_register_shared_queue)
u32 proxy_register_shared_queue(const char *name, u32 size, u32 *id);
IMPORT(proxy_resolve_shared_queue)
u32 proxy_resolve_shared_queue(const char *vm, u32 vm_size, const char *name, u32 size, u32 *id);
IMPORT(proxy_enqueue_shared_queue)
u32 proxy_enqueue_shared_queue(u32 id, const char *bytes, u32 size);
IMPORT(proxy_dequeue_shared_queue)
u32 proxy_dequeue_shared_queue(u32 id, char **bytes, u32 *size);
IMPORT(proxy_define_metric)
u32 proxy_define_metric(u32 type, const char *name, u32 size, u32 *id);
IMPORT(proxy_increment_metric)
u32 proxy_increment_metric(u32 id, i64 delta);
IMPORT(proxy_record_metric)
u32 proxy_record_metric(u32 id, u64 value);
IMPORT(proxy_get_metric)
u32 proxy_get_metric(u32 id, u64 *value);

IMPORT(proxy_set_effective_context)
u32 proxy_set_effective_context(u32 context);
IMPORT(proxy_done)
u32 proxy_done(void);
IMPORT(proxy_call_foreign_function)
u32 proxy_call_foreign_function(const char *name, u32 name_size, const char *argument, u32 size, char **result,
                                u32 *result_size);

#endif
