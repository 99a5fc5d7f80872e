/** Shared data (ABI.md §1.7, §4.4). */
import type { HostCallTable } from "../../host_call.ts";
import type { Span } from "../../copy.ts";
import { MAX_NAME_BYTES, MAX_SHARED_DATA_BYTES } from "../limits.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const SHARED_DATA: HostCallTable<Vm> = {
  proxy_get_shared_data: getSharedData,
  proxy_set_shared_data: setSharedData,
};

/** A key where it lies, to be used before the guest runs again; undefined if its address is bad or it is too long. */
function keyAt(vm: Vm, address: number, size: number): Span | undefined {
  return size > MAX_NAME_BYTES ? undefined : vm.memory.look(address, size);
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
    const { data } = shared;
    const found = data.get(name);
    if (found === 0) return Status.notFound;
    const { bytes, size } = data.tray;
    const status = memory.give(bytes, addressAt >>> 0, sizeAt >>> 0, size);
    if (status === Status.ok) memory.setU32(casAt, found);
    return status;
  };
}

/** `(key, size, value, size, cas)`: 0; 8; 6; over the limit see `Vm.overLimit`. */
function setSharedData(vm: Vm) {
  const { memory, shared } = vm;
  return (
    key: number,
    keySize: number,
    value: number,
    valueSize: number,
    cas: number,
  ): Status => {
    const name = keyAt(vm, key >>> 0, keySize >>> 0);
    const bytes = memory.look(value >>> 0, valueSize >>> 0);
    if (name === undefined || bytes === undefined) {
      return Status.invalidMemoryAccess;
    }
    const status = shared.data.set(name, bytes, cas >>> 0);
    return status === Status.internalFailure
      ? vm.overLimit(
        "proxy_set_shared_data",
        `a value of ${bytes.size} bytes would bring the VM id's shared data over ${MAX_SHARED_DATA_BYTES} bytes, or the pod's store is full`,
      )
      : status;
  };
}
