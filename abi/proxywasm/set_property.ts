/** What a guest keeps under a property's path, bounded per context. */
import { LogLevel } from "../host.ts";
import type { Context } from "./contexts.ts";
import { MAX_PROPERTY_BYTES } from "./limits.ts";
import type { Vm } from "./vm.ts";

/** Whether there is room for a value of that size; says so in the log where there is none. */
export function hasRoomForProperty(
  vm: Vm,
  context: Context,
  path: string,
  size: number,
): boolean {
  if (grown(context, path, size) <= MAX_PROPERTY_BYTES) return true;
  vm.host.log(
    LogLevel.error,
    `proxy_set_property: the context's properties would exceed ${MAX_PROPERTY_BYTES} bytes`,
  );
  return false;
}

/** Keeps `value`, which is the context's from now on; false where there is no room. */
export function setContextProperty(
  vm: Vm,
  context: Context,
  path: string,
  value: Uint8Array,
): boolean {
  if (!hasRoomForProperty(vm, context, path, value.length)) return false;
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
