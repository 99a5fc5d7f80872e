/**
 * Foreign functions: what a host offers by name beyond the ABI (`proxy_call_foreign_function`). These are Envoy's, as far
 * as a host without Envoy can have them; a runtime may add its own (`PluginHooks.foreign`).
 */
import { LogLevel } from "../../host.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";
import { setFilterState } from "./filter_state.ts";
import { InflateBoundError, InflateError } from "./inflate.ts";
import { compress, uncompress } from "./zlib.ts";

/** Bytes in, bytes or a status out: 1, 2, 3 or 10, which every SDK takes. The argument is the callee's to keep. */
export type ForeignFunction = (
  argument: Uint8Array,
  vm: Vm,
) => Uint8Array | Status;

const NOTHING = new Uint8Array(0);

export const FOREIGN_FUNCTIONS: ReadonlyMap<string, ForeignFunction> = new Map<
  string,
  ForeignFunction
>([
  ["compress", (argument) => compress(argument)],
  ["uncompress", uncompressed],
  // There is no route to choose anew.
  ["clear_route_cache", () => NOTHING],
  ["set_envoy_filter_state", setFilterState],
]);

/** 3 for bytes that zlib did not make, 10 where too much would come out of them. */
function uncompressed(argument: Uint8Array, vm: Vm): Uint8Array | Status {
  try {
    return uncompress(argument, vm.maxBodyBytes);
  } catch (error) {
    if (error instanceof InflateError) return Status.serializationFailure;
    if (!(error instanceof InflateBoundError)) throw error;
    vm.host.log(LogLevel.warn, `uncompress: ${error.message}`);
    return Status.internalFailure;
  }
}
