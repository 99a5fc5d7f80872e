/** What calls to services outside read from the guest, and what all of them check. */
import { lowerName } from "../../field.ts";
import { LogLevel } from "../../host.ts";
import {
  MAX_CALL_BYTES,
  MAX_CALLS,
  MAX_NAME_BYTES,
  MAX_PAIRS_BYTES,
} from "../limits.ts";
import { decodePairs, type Pair } from "../pairs.ts";
import type { Vm } from "../vm.ts";

/** An upstream's name; undefined where it is not in memory. */
export function upstreamName(
  vm: Vm,
  address: number,
  size: number,
): string | undefined {
  return size >>> 0 > MAX_NAME_BYTES
    ? undefined
    : vm.memory.text(address >>> 0, size >>> 0);
}

/** Serialized fields, names in lower case; undefined where they are not in memory, none where they are no fields. */
export function pairsAt(
  vm: Vm,
  address: number,
  size: number,
): Pair[] | undefined {
  address >>>= 0;
  size >>>= 0;
  if (size !== 0 && !vm.memory.holds(address, size)) return undefined;
  if (size === 0 || size > MAX_PAIRS_BYTES) return [];
  return decodePairs(vm.memory.copy(address, size)!).map((
    [name, value],
  ) => [lowerName(name), value]);
}

/** Whether one more call with a body of `size` may be made; says in the log why not. */
export function hasRoom(vm: Vm, call: string, size: number): boolean {
  if (size > vm.maxBodyBytes) {
    log(vm, `${call}: a body of ${size} bytes is over the limit`);
    return false;
  }
  const { calls } = vm;
  if (calls.size < MAX_CALLS && calls.bytes + size <= MAX_CALL_BYTES) {
    return true;
  }
  log(
    vm,
    `${call}: ${calls.size} calls of this instance with ${calls.bytes} bytes are under way already, the limits are ${MAX_CALLS} and ${MAX_CALL_BYTES}`,
  );
  return false;
}

export function log(vm: Vm, message: string): void {
  vm.host.log(LogLevel.warn, message);
}
