/** Shared data (ABI.md §1.7, §4.4). */
import type { HostCallTable } from "../../host_call.ts";
import { MAX_NAME_BYTES, MAX_SHARED_DATA_BYTES } from "../limits.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const SHARED_DATA: HostCallTable<Vm> = {
  proxy_get_shared_data: getSharedData,
  proxy_set_shared_data: setSharedData,
};

function keyAt(vm: Vm, address: number, size: number): string | undefined {
  return size > MAX_NAME_BYTES
    ? undefined
    : vm.memory.byteString(address, size);
}

/** `(key, size, address**, size*, cas*)`: 0, also for an empty value; 1; 6. */
function getSharedData(vm: Vm) {
  const { memory, shared } = vm;
  return (
    key: number,
    keySize: number,
    addressAt: number,
    sizeAt: number,
    casAt: number,
  ): Status => {
    casAt >>>= 0;
    const name = keyAt(vm, key >>> 0, keySize >>> 0);
    if (name === undefined || !memory.holds(casAt, 4)) {
      return Status.invalidMemoryAccess;
    }
    const value = shared.data.get(name);
    if (value === undefined) return Status.notFound;
    const status = memory.give(value.bytes, addressAt >>> 0, sizeAt >>> 0);
    if (status === Status.ok) memory.setU32(casAt, value.cas);
    return status;
  };
}

/** `(key, size, value, size, cas)`: 0; 8; 6; 10 over the limit. */
function setSharedData(vm: Vm) {
  const { memory, shared } = vm;
  return (
    key: number,
    keySize: number,
    value: number,
    valueSize: number,
    cas: number,
  ): Status => {
    value >>>= 0;
    valueSize >>>= 0;
    const name = keyAt(vm, key >>> 0, keySize >>> 0);
    if (
      name === undefined || (valueSize !== 0 && !memory.holds(value, valueSize))
    ) {
      return Status.invalidMemoryAccess;
    }
    if (valueSize > MAX_SHARED_DATA_BYTES) return Status.internalFailure;
    return shared.data.set(name, memory.copy(value, valueSize)!, cas >>> 0);
  };
}
