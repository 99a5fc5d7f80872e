/** Foreign functions (ABI.md §1.8). */
import type { HostCallTable } from "../../host_call.ts";
import { FOREIGN_FUNCTIONS } from "../foreign/mod.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const FOREIGN: HostCallTable<Vm> = {
  proxy_call_foreign_function: callForeignFunction,
};

/**
 * `(name, size, argument, size, address**, size*)`: 0; 1 unknown name; 6; what the function says; 10 for an argument over
 * the body limit. A result address of 0 means that the guest does not want it.
 */
function callForeignFunction(vm: Vm) {
  const { memory, hooks } = vm;
  return (
    name: number,
    nameSize: number,
    argument: number,
    argumentSize: number,
    addressAt: number,
    sizeAt: number,
  ): Status => {
    argumentSize >>>= 0;
    addressAt >>>= 0;
    sizeAt >>>= 0;
    const text = memory.text(name >>> 0, nameSize >>> 0);
    argument >>>= 0;
    if (
      text === undefined ||
      (argumentSize !== 0 && !memory.holds(argument, argumentSize)) ||
      (addressAt !== 0 && !memory.holds(addressAt, 4)) ||
      (sizeAt !== 0 && !memory.holds(sizeAt, 4))
    ) {
      return Status.invalidMemoryAccess;
    }
    const call = hooks.foreign?.get(text) ?? FOREIGN_FUNCTIONS.get(text);
    if (call === undefined) return Status.notFound;
    if (argumentSize > vm.maxBodyBytes) {
      return vm.overLimit(
        "proxy_call_foreign_function",
        `the argument of ${argumentSize} bytes is over ${vm.maxBodyBytes} bytes`,
        Status.internalFailure,
      );
    }
    const given = memory.copy(argument, argumentSize)!;
    const result = call(given, vm);
    if (typeof result === "number") return result;
    let address = 0;
    if (addressAt !== 0 && result.length > 0) {
      address = memory.allocate(result.length);
      if (address === 0) return Status.invalidMemoryAccess;
      memory.write(address, result);
    }
    if (addressAt !== 0) memory.setU32(addressAt, address);
    if (sizeAt !== 0) memory.setU32(sizeAt, result.length);
    return Status.ok;
  };
}
