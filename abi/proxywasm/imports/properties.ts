/** Properties (ABI.md §1.4, §4.2). */
import type { HostCallTable } from "../../host_call.ts";
import { MAX_NAME_BYTES } from "../limits.ts";
import { isGroup, readProperty } from "../properties.ts";
import {
  hasRoomForProperty,
  NO_ROOM,
  setContextProperty,
} from "../set_property.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const PROPERTIES: HostCallTable<Vm> = {
  proxy_get_property: getProperty,
  proxy_set_property: setProperty,
};

/** A path with its trailing zero byte, which some SDKs add, taken off; undefined if its address is bad. */
function pathAt(vm: Vm, address: number, size: number): string | undefined {
  if (size > MAX_NAME_BYTES) return undefined;
  const path = vm.memory.name(address, size);
  return path?.endsWith("\0") ? path.slice(0, -1) : path;
}

/** `(path, size, address**, size*)`: what the host knows, else what the guest set under that path. 0; 1; 6. */
function getProperty(vm: Vm) {
  const memory = vm.memory;
  return (
    address: number,
    size: number,
    addressAt: number,
    sizeAt: number,
  ): Status => {
    const path = pathAt(vm, address >>> 0, size >>> 0);
    if (
      path === undefined || !memory.canReturn(addressAt >>> 0, sizeAt >>> 0)
    ) {
      return Status.invalidMemoryAccess;
    }
    const value = readProperty(vm, path);
    if (value === undefined) {
      return isGroup(vm, path) ? Status.serializationFailure : Status.notFound;
    }
    return typeof value === "string"
      ? memory.giveByteString(value, addressAt >>> 0, sizeAt >>> 0)
      : memory.give(value, addressAt >>> 0, sizeAt >>> 0);
  };
}

/** `(path, size, value, size)`: readable back under the same path in the same context. 0; 6; 10 over the limit. */
function setProperty(vm: Vm) {
  const memory = vm.memory;
  return (
    address: number,
    size: number,
    valueAt: number,
    valueSize: number,
  ): Status => {
    const path = pathAt(vm, address >>> 0, size >>> 0);
    valueAt >>>= 0;
    valueSize >>>= 0;
    if (
      path === undefined ||
      (valueSize !== 0 && !memory.holds(valueAt, valueSize))
    ) {
      return Status.invalidMemoryAccess;
    }
    const context = vm.current;
    if (context === undefined) {
      return vm.refuse(
        "proxy_set_property",
        Status.notFound,
        "no context is running",
      );
    }
    if (!hasRoomForProperty(context, path, valueSize)) {
      return vm.overLimit("proxy_set_property", NO_ROOM);
    }
    setContextProperty(vm, context, path, memory.copy(valueAt, valueSize)!);
    return Status.ok;
  };
}
