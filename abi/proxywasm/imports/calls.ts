/**
 * Calls out (ABI.md §1.6). None can be started yet: each answers what Envoy answers for an upstream it does not know,
 * which every SDK hands to its user as an ordinary failure.
 */
import type { HostCallTable } from "../../host_call.ts";
import { LogLevel } from "../../host.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const CALLS: HostCallTable<Vm> = {
  proxy_http_call: (vm) => () =>
    cannotStart(vm, "proxy_http_call", Status.internalFailure),
  proxy_grpc_call: (vm) => () =>
    cannotStart(vm, "proxy_grpc_call", Status.internalFailure),
  proxy_grpc_stream: (vm) => () =>
    cannotStart(vm, "proxy_grpc_stream", Status.internalFailure),
  proxy_grpc_send: () => () => Status.notFound,
  proxy_grpc_cancel: () => () => Status.notFound,
  proxy_grpc_close: () => () => Status.notFound,
};

function cannotStart(vm: Vm, call: string, status: Status): Status {
  vm.host.log(
    LogLevel.warn,
    `${call} failed: this host does not make calls for plugins`,
  );
  return status;
}
