/** Foreign functions (ABI.md §1.8). */
import type { HostCallTable } from "../../host_call.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const FOREIGN: HostCallTable<Vm> = {
  proxy_call_foreign_function: callForeignFunction,
};

/** `(name, size, argument, size, address**, size*)`: 1, since none is registered; 6. */
function callForeignFunction({ memory }: Vm) {
  return (
    name: number,
    nameSize: number,
    argument: number,
    argumentSize: number,
    _addressAt: number,
    _sizeAt: number,
  ): Status => {
    if (
      memory.text(name >>> 0, nameSize >>> 0) === undefined ||
      (argumentSize !== 0 && !memory.holds(argument >>> 0, argumentSize >>> 0))
    ) {
      return Status.invalidMemoryAccess;
    }
    return Status.notFound;
  };
}
