/** The two host functions that Layotto adds to proxy-wasm (ABI.md §5.1), module `env`. */
import { type HostCallTable, suspends } from "../host_call.ts";
import type { Vm } from "../proxywasm/vm.ts";
import { invokeService } from "./invoke_service.ts";
import { getState } from "./get_state.ts";

export const LAYOTTO: HostCallTable<Vm> = {
  proxy_get_state: suspends(getState),
  proxy_invoke_service: suspends(invokeService),
};
