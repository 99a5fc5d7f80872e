/** Parameters of every host function (ABI.md §1, §5.1, §6.2): i is i32, I is i64, f is f64. All but a few give an i32. */

/** Module `env`, all released versions together, Layotto's two last. */
export const PROXY_WASM: Record<string, string> = {
  proxy_log: "iii",
  proxy_get_log_level: "i",
  proxy_get_current_time_nanoseconds: "i",
  proxy_set_tick_period_milliseconds: "i",
  proxy_get_configuration: "ii",
  proxy_get_buffer_bytes: "iiiii",
  proxy_set_buffer_bytes: "iiiii",
  proxy_get_buffer_status: "iii",
  proxy_get_header_map_size: "ii",
  proxy_get_header_map_pairs: "iii",
  proxy_set_header_map_pairs: "iii",
  proxy_get_header_map_value: "iiiii",
  proxy_add_header_map_value: "iiiii",
  proxy_replace_header_map_value: "iiiii",
  proxy_remove_header_map_value: "iii",
  proxy_get_property: "iiii",
  proxy_set_property: "iiii",
  proxy_continue_stream: "i",
  proxy_close_stream: "i",
  proxy_continue_request: "",
  proxy_continue_response: "",
  proxy_clear_route_cache: "",
  proxy_send_local_response: "iiiiiiii",
  proxy_get_status: "iii",
  proxy_http_call: "iiiiiiiiii",
  proxy_grpc_call: "iiiiiiiiiiii",
  proxy_grpc_stream: "iiiiiiiii",
  proxy_grpc_send: "iiii",
  proxy_grpc_cancel: "i",
  proxy_grpc_close: "i",
  proxy_get_shared_data: "iiiii",
  proxy_set_shared_data: "iiiii",
  proxy_register_shared_queue: "iii",
  proxy_resolve_shared_queue: "iiiii",
  proxy_enqueue_shared_queue: "iii",
  proxy_dequeue_shared_queue: "iii",
  proxy_define_metric: "iiii",
  proxy_increment_metric: "iI",
  proxy_record_metric: "iI",
  proxy_get_metric: "ii",
  proxy_set_effective_context: "i",
  proxy_done: "",
  proxy_call_foreign_function: "iiiiii",
  proxy_get_state: "iiiiii",
  proxy_invoke_service: "iiiiiiii",
};

/** WASI preview 1. `proc_exit` gives nothing. */
export const WASI: Record<string, string> = {
  args_get: "ii",
  args_sizes_get: "ii",
  clock_res_get: "ii",
  clock_time_get: "iIi",
  environ_get: "ii",
  environ_sizes_get: "ii",
  fd_advise: "iIIi",
  fd_allocate: "iII",
  fd_close: "i",
  fd_datasync: "i",
  fd_fdstat_get: "ii",
  fd_fdstat_set_flags: "ii",
  fd_fdstat_set_rights: "iII",
  fd_filestat_get: "ii",
  fd_filestat_set_size: "iI",
  fd_filestat_set_times: "iIIi",
  fd_pread: "iiiIi",
  fd_prestat_dir_name: "iii",
  fd_prestat_get: "ii",
  fd_pwrite: "iiiIi",
  fd_read: "iiii",
  fd_readdir: "iiiIi",
  fd_renumber: "ii",
  fd_seek: "iIii",
  fd_sync: "i",
  fd_tell: "ii",
  fd_write: "iiii",
  path_create_directory: "iii",
  path_filestat_get: "iiiii",
  path_filestat_set_times: "iiiiIIi",
  path_link: "iiiiiii",
  path_open: "iiiiiIIii",
  path_readlink: "iiiiii",
  path_remove_directory: "iii",
  path_rename: "iiiiii",
  path_symlink: "iiiii",
  path_unlink_file: "iii",
  poll_oneoff: "iiii",
  proc_exit: "i",
  proc_raise: "i",
  random_get: "ii",
  sched_yield: "",
  sock_accept: "iii",
  sock_recv: "iiiiii",
  sock_send: "iiiii",
  sock_shutdown: "ii",
};

/** Drafts and vendors (ABI.md §1.9): they link, and answer 12. */
export const DRAFTS: Record<string, string> = {
  proxy_resume_downstream: "",
  proxy_resume_http_request: "",
  proxy_send_http_response: "iiiiiiii",
  proxy_dispatch_http_call: "iiiiiiiiii",
  proxy_open_grpc_stream: "iiiiiii",
  proxy_remove_metric: "i",
  proxy_get_map: "iiiii",
  proxy_context_finalize: "",
  proxy_redis_init: "iiiiiii",
  proxy_get_upstream_hosts: "ii",
  envoy_resolve_dns: "iii",
};

const WASM_TYPES: Record<string, string> = { i: "i32", I: "i64", f: "f64" };

/** The import of one function, bound to `$name`, and an export of the same name that passes its parameters on. */
export function passThrough(
  module: string,
  name: string,
  signature: string,
): { imported: string; exported: string } {
  const types = [...signature].map((one) => WASM_TYPES[one]!);
  const params = types.length === 0 ? "" : `(param ${types.join(" ")})`;
  const result = name === "proc_exit" ? "" : "(result i32)";
  const reads = types.map((_, i) => `(local.get ${i})`).join(" ");
  return {
    imported:
      `(import "${module}" "${name}" (func $${name} ${params} ${result}))`,
    exported:
      `(func (export "${name}") ${params} ${result} (call $${name} ${reads}))`,
  };
}
