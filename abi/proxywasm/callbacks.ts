/** The callbacks that an instance exports (ABI.md §2.2). A missing one is not an error: the host acts as if it said go on. */
import type { GuestFunction } from "../suspend.ts";
import { promising } from "../suspend.ts";
import type { Tracer } from "../trace.ts";

/** Every callback that this host calls, with the numbers of parameters it may have. */
const ARITIES = {
  proxy_get_id: [0],
  proxy_on_context_create: [2],
  proxy_on_vm_start: [2],
  proxy_on_configure: [2],
  proxy_on_tick: [1],
  proxy_on_queue_ready: [2],
  // Two parameters in 0.1.0, three since; real 0.1.0 modules have either.
  proxy_on_request_headers: [3, 2],
  proxy_on_request_body: [3],
  proxy_on_request_trailers: [2],
  proxy_on_response_headers: [3, 2],
  proxy_on_response_body: [3],
  proxy_on_response_trailers: [2],
  proxy_on_new_connection: [1],
  proxy_on_downstream_data: [3],
  proxy_on_upstream_data: [3],
  proxy_on_downstream_connection_close: [2],
  proxy_on_upstream_connection_close: [2],
  proxy_on_http_call_response: [5],
  proxy_on_grpc_receive_initial_metadata: [3],
  proxy_on_grpc_receive: [3],
  proxy_on_grpc_receive_trailing_metadata: [3],
  proxy_on_grpc_close: [3],
  proxy_on_done: [1],
  proxy_on_log: [1],
  proxy_on_delete: [1],
} as const;

export type CallbackName = keyof typeof ARITIES;

/** Callbacks by name; absent ones are undefined. */
export type Callbacks = { [name in CallbackName]: GuestFunction | undefined };

/**
 * The callbacks among `exports`. One with another number of parameters counts as missing, as in Envoy. With `suspends`
 * each gives a promise and may wait in a host call. Those not among `capabilities`, where there are some, are missing
 * too. `tracer` follows the others if it is given.
 */
export function callbacksOf(
  exports: WebAssembly.Exports,
  suspends: boolean,
  capabilities?: readonly string[],
  tracer?: Tracer,
): Callbacks {
  const found: Partial<Callbacks> = {};
  for (const name of Object.keys(ARITIES) as CallbackName[]) {
    if (capabilities?.includes(name) === false) continue;
    const call = exported(exports, name, ARITIES[name], suspends);
    const arity = (exports[name] as GuestFunction | undefined)?.length ?? 0;
    found[name] = call && tracer ? tracer.callback(name, arity, call) : call;
  }
  return found as Callbacks;
}

/** The exported function `name` if it has one of these numbers of parameters. */
export function exported(
  exports: WebAssembly.Exports,
  name: string,
  arities: readonly number[],
  suspends: boolean,
): GuestFunction | undefined {
  const value = exports[name];
  if (typeof value !== "function" || !arities.includes(value.length)) {
    return undefined;
  }
  const call = value as GuestFunction;
  return suspends ? promising(call) : call;
}
