/**
 * Header maps (ABI.md §1.3, §3.4, §4.1). Keys are compared in lower case. A map that is not there now answers 1 to a
 * get of one value and an empty list to a get of all, because 2, which the spec has for both, kills Rust guests.
 */
import { lowerName } from "../../field.ts";
import type { HostCallTable } from "../../host_call.ts";
import type { HeaderMap } from "../header_map.ts";
import { MAX_PAIRS, MAX_PAIRS_BYTES } from "../limits.ts";
import { decodePairs, pairsSize, writePairs } from "../pairs.ts";
import { LAST_MAP_TYPE, MapType, Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export const HEADERS: HostCallTable<Vm> = {
  proxy_get_header_map_size: getSize,
  proxy_get_header_map_pairs: getPairs,
  proxy_set_header_map_pairs: setPairs,
  proxy_get_header_map_value: getValue,
  proxy_add_header_map_value: addValue,
  proxy_replace_header_map_value: replaceValue,
  proxy_remove_header_map_value: removeValue,
};

/** The map of that type if it is there now. */
function live(vm: Vm, type: number): HeaderMap | undefined {
  if (type >= MapType.grpcInitialMetadata) {
    return vm.calls.received.maps[type];
  }
  const http = vm.http;
  if (http === undefined) return undefined;
  switch (type) {
    case MapType.requestHeaders:
      return http.requestSide.headers;
    case MapType.requestTrailers:
      return http.requestSide.trailers;
    case MapType.responseHeaders:
      return http.responseSide.headers;
    case MapType.responseTrailers:
      return http.responseSide.trailers;
    default:
      return undefined;
  }
}

/** The same for writing: what went on already cannot be changed; trailers may be made at the end of a body. */
function writable(vm: Vm, type: number): HeaderMap | undefined {
  // What calls received is for reading.
  if (type >= MapType.grpcInitialMetadata) return undefined;
  const http = vm.http;
  if (http === undefined) return undefined;
  switch (type) {
    case MapType.requestHeaders:
      if (http.requestSide.sent) return undefined;
      break;
    case MapType.responseHeaders:
      if (http.responseSide.sent) return undefined;
      break;
    case MapType.requestTrailers:
      return http.requestSide.writableTrailers;
    case MapType.responseTrailers:
      return http.responseSide.writableTrailers;
  }
  return live(vm, type);
}

function absent(vm: Vm, call: string, type: number): Status {
  return vm.refuse(
    call,
    Status.badArgument,
    live(vm, type) === undefined
      ? `there is no header map ${type} in ${vm.callback}`
      : type >= MapType.grpcInitialMetadata
      ? `header map ${type} cannot be changed`
      : `header map ${type} was sent on before ${vm.callback}`,
  );
}

/** `(map, size*)`: bytes of names and values together, as Envoy counts (the specification means all bytes). 0; 2 type; 6. */
function getSize(vm: Vm) {
  return (type: number, at: number): Status => {
    at >>>= 0;
    if (type >>> 0 > LAST_MAP_TYPE) return Status.badArgument;
    if (!vm.memory.holds(at, 4)) return Status.invalidMemoryAccess;
    const pairs = live(vm, type)?.pairs ?? [];
    const framing = pairsSize([]) + 10 * pairs.length;
    vm.memory.setU32(at, pairsSize(pairs) - framing);
    return Status.ok;
  };
}

/** `(map, address**, size*)`: all pairs; an empty map is four zero bytes. 0; 2 type; 6. */
function getPairs(vm: Vm) {
  const memory = vm.memory;
  return (type: number, addressAt: number, sizeAt: number): Status => {
    if (type >>> 0 > LAST_MAP_TYPE) return Status.badArgument;
    const pairs = live(vm, type)?.pairs ?? [];
    const size = pairsSize(pairs);
    const address = memory.room(size, addressAt >>> 0, sizeAt >>> 0);
    if (address < 0) return Status.invalidMemoryAccess;
    writePairs(pairs, memory.borrow(address, size)!);
    return Status.ok;
  };
}

/** `(map, address, size)`: replaces the whole map; bytes that are no map empty it, as in Envoy. 0; 2 type; 6. */
function setPairs(vm: Vm) {
  return (type: number, address: number, size: number): Status => {
    address >>>= 0;
    size >>>= 0;
    if (type >>> 0 > LAST_MAP_TYPE) return Status.badArgument;
    if (size !== 0 && !vm.memory.holds(address, size)) {
      return Status.invalidMemoryAccess;
    }
    const map = writable(vm, type);
    if (map === undefined) {
      return absent(vm, "proxy_set_header_map_pairs", type);
    }
    map.setAll(
      size > MAX_PAIRS_BYTES ? [] : decodePairs(vm.memory.copy(address, size)!),
    );
    return Status.ok;
  };
}

/**
 * `(map, key, size, address**, size*)`: the first value. 0; 2 type; 6; 1 where there is none, or for 0.1.0 modules 0
 * with an empty value.
 */
function getValue(vm: Vm) {
  const memory = vm.memory;
  const legacy = vm.abiVersion === "0.1.0";
  return (
    type: number,
    key: number,
    keySize: number,
    addressAt: number,
    sizeAt: number,
  ): Status => {
    if (type >>> 0 > LAST_MAP_TYPE) return Status.badArgument;
    const name = memory.name(key >>> 0, keySize >>> 0);
    if (
      name === undefined || !memory.canReturn(addressAt >>> 0, sizeAt >>> 0)
    ) {
      return Status.invalidMemoryAccess;
    }
    const value = live(vm, type)?.get(lowerName(name));
    if (value === undefined && !legacy) return Status.notFound;
    return memory.giveByteString(value ?? "", addressAt >>> 0, sizeAt >>> 0);
  };
}

/** `(map, key, size, value, size)`: appends a value. 0; 2 type; 6; 10 over the limit. */
function addValue(vm: Vm) {
  return edit(vm, "proxy_add_header_map_value", (map, name, value) => {
    map.add(name, value);
  });
}

/** `(map, key, size, value, size)`: makes it the only value. 0; 2 type; 6; 10 over the limit. */
function replaceValue(vm: Vm) {
  return edit(vm, "proxy_replace_header_map_value", (map, name, value) => {
    map.replace(name, value);
  });
}

function edit(
  vm: Vm,
  call: string,
  apply: (map: HeaderMap, name: string, value: string) => void,
) {
  const memory = vm.memory;
  return (
    type: number,
    key: number,
    keySize: number,
    value: number,
    valueSize: number,
  ): Status => {
    if (type >>> 0 > LAST_MAP_TYPE) return Status.badArgument;
    const name = memory.name(key >>> 0, keySize >>> 0);
    const text = memory.byteString(value >>> 0, valueSize >>> 0);
    if (name === undefined || text === undefined) {
      return Status.invalidMemoryAccess;
    }
    const map = writable(vm, type);
    if (map === undefined) return absent(vm, call, type);
    const size = pairsSize(map.pairs) + name.length + text.length;
    if (map.size >= MAX_PAIRS || size > MAX_PAIRS_BYTES) {
      return tooMuch(vm, call, type);
    }
    apply(map, lowerName(name), text);
    return Status.ok;
  };
}

function tooMuch(vm: Vm, call: string, type: number): Status {
  return vm.cannotChange(
    call,
    `header map ${type} would exceed its limit of ${MAX_PAIRS} entries or ${MAX_PAIRS_BYTES} bytes`,
  );
}

/** `(map, key, size)`: removes all values; 0 even if there were none. 0; 2 type; 6. */
function removeValue(vm: Vm) {
  return (type: number, key: number, keySize: number): Status => {
    if (type >>> 0 > LAST_MAP_TYPE) return Status.badArgument;
    const name = vm.memory.name(key >>> 0, keySize >>> 0);
    if (name === undefined) return Status.invalidMemoryAccess;
    const map = writable(vm, type);
    if (map === undefined) {
      return absent(vm, "proxy_remove_header_map_value", type);
    }
    map.remove(lowerName(name));
    return Status.ok;
  };
}
