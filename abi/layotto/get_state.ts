/** `proxy_get_state(store, size, key, size, address**, size*)` (ABI.md §5.1). */
import { HostCallError } from "../host.ts";
import { MAX_NAME_BYTES } from "../proxywasm/limits.ts";
import { Status } from "../proxywasm/types.ts";
import type { Vm } from "../proxywasm/vm.ts";
import { deliver, failed, quoted } from "./deliver.ts";

/**
 * Suspends the guest for the value under a key; a missing key is 0 with an empty value. 0; 6; 10 for every other
 * failure. The result addresses are checked before the store is asked.
 */
export function getState(vm: Vm) {
  const { memory, host } = vm;
  return (
    storeAt: number,
    storeSize: number,
    keyAt: number,
    keySize: number,
    addressAt: number,
    sizeAt: number,
  ): Status | Promise<Status> => {
    const store = memory.text(storeAt >>> 0, storeSize >>> 0);
    const key = memory.text(keyAt >>> 0, keySize >>> 0);
    addressAt >>>= 0;
    sizeAt >>>= 0;
    if (
      store === undefined || key === undefined ||
      !memory.canReturn(addressAt, sizeAt)
    ) {
      return Status.invalidMemoryAccess;
    }
    const call = `proxy_get_state(${quoted(store)}, ${quoted(key)})`;
    if (storeSize >>> 0 > MAX_NAME_BYTES || keySize >>> 0 > MAX_NAME_BYTES) {
      return failed(
        vm,
        call,
        new HostCallError(`a name is over ${MAX_NAME_BYTES} bytes`),
      );
    }
    return deliver(
      vm,
      call,
      () => host.getState(store, key),
      addressAt,
      sizeAt,
    );
  };
}
