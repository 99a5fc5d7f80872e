/** `proxy_invoke_service(id, size, method, size, parameter, size, address**, size*)` (ABI.md §5.1). */
import { HostCallError } from "../host.ts";
import { MAX_NAME_BYTES } from "../proxywasm/limits.ts";
import { Status } from "../proxywasm/types.ts";
import type { Vm } from "../proxywasm/vm.ts";
import { deliver, failed, quoted } from "./deliver.ts";

/**
 * Suspends the guest for the answer of another function in this host. 0; 6; 10 for every other failure. The result
 * addresses are checked before the function is called.
 */
export function invokeService(vm: Vm) {
  const { memory, host } = vm;
  return (
    idAt: number,
    idSize: number,
    methodAt: number,
    methodSize: number,
    parameterAt: number,
    parameterSize: number,
    addressAt: number,
    sizeAt: number,
  ): Status | Promise<Status> => {
    parameterAt >>>= 0;
    parameterSize >>>= 0;
    addressAt >>>= 0;
    sizeAt >>>= 0;
    const id = memory.text(idAt >>> 0, idSize >>> 0);
    const method = memory.text(methodAt >>> 0, methodSize >>> 0);
    if (
      id === undefined || method === undefined ||
      (parameterSize !== 0 && !memory.holds(parameterAt, parameterSize)) ||
      !memory.canReturn(addressAt, sizeAt)
    ) {
      return Status.invalidMemoryAccess;
    }
    const call = `proxy_invoke_service(${quoted(id)})`;
    if (idSize >>> 0 > MAX_NAME_BYTES || methodSize >>> 0 > MAX_NAME_BYTES) {
      return failed(
        vm,
        call,
        new HostCallError(`a name is over ${MAX_NAME_BYTES} bytes`),
      );
    }
    if (parameterSize > vm.maxBodyBytes) {
      return failed(
        vm,
        call,
        new HostCallError(
          `its parameter has ${parameterSize} bytes, the limit is ${vm.maxBodyBytes}`,
        ),
      );
    }
    const parameter = memory.copy(parameterAt, parameterSize)!;
    return deliver(
      vm,
      call,
      () => host.invokeService(id, method, parameter),
      addressAt,
      sizeAt,
    );
  };
}
