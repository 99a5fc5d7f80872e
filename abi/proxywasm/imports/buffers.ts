/** Buffers (ABI.md §1.2, §3.3, §4.8). */
import type { HostCallTable } from "../../host_call.ts";
import type { ByteBuffer } from "../buffer.ts";
import { MAX_CALL_DATA_BYTES } from "../limits.ts";
import { BufferType, LAST_BUFFER_TYPE, Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const BUFFERS: HostCallTable<Vm> = {
  proxy_get_buffer_bytes: getBufferBytes,
  proxy_set_buffer_bytes: setBufferBytes,
  proxy_get_buffer_status: getBufferStatus,
};

const NOTHING = new Uint8Array(0);

/** A buffer that the guest may edit now, or undefined. */
function editable(vm: Vm, type: number): ByteBuffer | undefined {
  switch (type) {
    case BufferType.httpRequestBody:
      return vm.http?.requestSide.body;
    case BufferType.httpResponseBody:
      return vm.http?.responseSide.body;
    case BufferType.downstreamData:
      return vm.current?.tcp?.downstream;
    case BufferType.upstreamData:
      return vm.current?.tcp?.upstream;
    case BufferType.callData:
      return vm.callData;
    default:
      return undefined;
  }
}

/** Length of a buffer, or -1 if there is none now. Configurations are there for the whole life of the root. */
function lengthOf(vm: Vm, type: number): number {
  if (type === BufferType.vmConfiguration) {
    return vm.options.vmConfiguration.length;
  }
  if (type === BufferType.pluginConfiguration) {
    return vm.options.pluginConfiguration.length;
  }
  return (editable(vm, type) ?? vm.calls.received.buffers[type])?.length ?? -1;
}

function part(vm: Vm, type: number, start: number, max: number) {
  if (type === BufferType.vmConfiguration) {
    return vm.options.vmConfiguration.subarray(start, start + max);
  }
  if (type === BufferType.pluginConfiguration) {
    return vm.options.pluginConfiguration.subarray(start, start + max);
  }
  const received = vm.calls.received.buffers[type];
  if (received !== undefined) return received.subarray(start, start + max);
  return editable(vm, type)?.slice(start, max);
}

/**
 * `(type, start, max, address**, size*)`: the part `[start, min(start + max, length))`. A start past the end gives
 * nothing with status 0, as in Envoy; so do an empty configuration and a buffer that is not there now. 0; 1 for the body
 * of a call's answer outside of it; 2 type; 6.
 */
function getBufferBytes(vm: Vm) {
  const memory = vm.memory;
  return (
    type: number,
    start: number,
    max: number,
    addressAt: number,
    sizeAt: number,
  ): Status => {
    type >>>= 0;
    if (type > LAST_BUFFER_TYPE) return Status.badArgument;
    const bytes = part(vm, type, start >>> 0, max >>> 0);
    if (bytes === undefined && type === BufferType.httpCallResponseBody) {
      return Status.notFound;
    }
    return memory.give(bytes ?? NOTHING, addressAt >>> 0, sizeAt >>> 0);
  };
}

/**
 * `(type, start, size, address, length)`: splices; (0, 0) prepends, a start past the end appends, sizes are clamped.
 * 0; 2 type; 6; over the limit see `Vm.cannotChange`. A buffer that is absent or fixed: see `Vm.refuse`.
 */
function setBufferBytes(vm: Vm) {
  const memory = vm.memory;
  return (
    type: number,
    start: number,
    size: number,
    address: number,
    length: number,
  ): Status => {
    type >>>= 0;
    address >>>= 0;
    length >>>= 0;
    if (type > LAST_BUFFER_TYPE) return Status.badArgument;
    if (length !== 0 && !memory.holds(address, length)) {
      return Status.invalidMemoryAccess;
    }
    const buffer = editable(vm, type);
    if (buffer === undefined) return cannotSet(vm, type);
    const callData = type === BufferType.callData;
    const limit = callData ? MAX_CALL_DATA_BYTES : vm.maxBodyBytes;
    if (buffer.length + length > limit) {
      const splice = Math.min(size >>> 0, buffer.length);
      if (buffer.length - splice + length > limit) {
        return tooMuch(vm, type, limit);
      }
    }
    const bytes = memory.copy(address, length)!;
    if (callData && start === 0) buffer.replace(bytes);
    else buffer.splice(start >>> 0, size >>> 0, bytes);
    return Status.ok;
  };
}

function cannotSet(vm: Vm, type: number): Status {
  const fixed = lengthOf(vm, type) >= 0;
  return vm.refuse(
    "proxy_set_buffer_bytes",
    fixed ? Status.badArgument : Status.notFound,
    fixed
      ? `buffer ${type} cannot be changed`
      : `there is no buffer ${type} in ${vm.callback}`,
  );
}

function tooMuch(vm: Vm, type: number, limit: number): Status {
  return vm.cannotChange(
    "proxy_set_buffer_bytes",
    `buffer ${type} would exceed its limit of ${limit} bytes`,
  );
}

/** `(type, length*, flags*)`: flags are always 0, as in Envoy. 0; 1; 2 type; 6. */
function getBufferStatus(vm: Vm) {
  const memory = vm.memory;
  return (type: number, lengthAt: number, flagsAt: number): Status => {
    type >>>= 0;
    if (type > LAST_BUFFER_TYPE) return Status.badArgument;
    const length = lengthOf(vm, type);
    if (length < 0 && type === BufferType.httpCallResponseBody) {
      return Status.notFound;
    }
    if (!memory.canReturn(lengthAt >>> 0, flagsAt >>> 0)) {
      return Status.invalidMemoryAccess;
    }
    memory.setU32(lengthAt >>> 0, Math.max(0, length));
    memory.setU32(flagsAt >>> 0, 0);
    return Status.ok;
  };
}
