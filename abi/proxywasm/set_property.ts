/** What a guest keeps under a property's path, bounded per context. */
import { LogLevel } from "../host.ts";
import type { Context } from "./contexts.ts";
import { MAX_PROPERTY_BYTES } from "./limits.ts";
import type { Vm } from "./vm.ts";

/** Why a value finds no room. */
export const NO_ROOM =
  `the context's properties would exceed ${MAX_PROPERTY_BYTES} bytes`;

/** Whether there is room for a value of that size. */
export function hasRoomForProperty(
  context: Context,
  path: string,
  size: number,
): boolean {
  return grown(context, path, size) <= MAX_PROPERTY_BYTES;
}

/** Keeps `value`, which is the context's from now on; false, and a line in the log, where there is no room. */
export function setContextProperty(
  vm: Vm,
  context: Context,
  path: string,
  value: Uint8Array,
): boolean {
  if (!hasRoomForProperty(context, path, value.length)) {
    vm.host.log(
      LogLevel.error,
      `property ${path.replaceAll("\0", ".")}: ${NO_ROOM}`,
    );
    return false;
  }
  context.propertyBytes = grown(context, path, value.length);
  (context.properties ??= new Map()).set(path, value);
  return true;
}

/** Bytes of all properties once this one has that size. */
function grown(context: Context, path: string, size: number): number {
  const before = context.properties?.get(path);
  const freed = before === undefined ? 0 : before.length + path.length;
  return context.propertyBytes - freed + path.length + size;
}
