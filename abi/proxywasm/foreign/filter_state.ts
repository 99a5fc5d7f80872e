/**
 * `set_envoy_filter_state`: a value that is read back as property `filter_state.<path>`. The argument is a protobuf
 * message: path (1) and value (2), both text, and a life span (3), which here is the context's whatever it says.
 */
import { decodeByteString } from "../../text.ts";
import { setContextProperty } from "../set_property.ts";
import { Status } from "../types.ts";
import type { Vm } from "../vm.ts";

export function setFilterState(
  argument: Uint8Array,
  vm: Vm,
): Uint8Array | Status {
  const fields = textFields(argument);
  if (fields === undefined) return Status.badArgument;
  const path = fields.get(1) ?? new Uint8Array(0);
  const value = fields.get(2) ?? new Uint8Array(0);
  const context = vm.current;
  if (context === undefined) return Status.notFound;
  const key = `filter_state\0${decodeByteString(path, 0, path.length)}`;
  return setContextProperty(vm, context, key, value.slice())
    ? new Uint8Array(0)
    : Status.internalFailure;
}

/** The length-delimited fields of a message by number, the last of each; undefined for what is no message. */
function textFields(
  message: Uint8Array,
): Map<number, Uint8Array> | undefined {
  const fields = new Map<number, Uint8Array>();
  for (let at = 0; at < message.length;) {
    const tag = varint(message, at);
    if (tag === undefined || tag.value < 8) return undefined;
    at = tag.end;
    const type = tag.value & 7;
    if (type === 1 || type === 5) at += type === 1 ? 8 : 4;
    else if (type === 0 || type === 2) {
      const number = varint(message, at);
      if (number === undefined) return undefined;
      at = number.end;
      if (type === 2) {
        const end = at + number.value;
        if (end > message.length) return undefined;
        fields.set(Math.trunc(tag.value / 8), message.subarray(at, end));
        at = end;
      }
    } else return undefined;
    if (at > message.length) return undefined;
  }
  return fields;
}

/** A number of at most ten bytes. What is over 53 bits is not exact, and no length or tag. */
function varint(
  bytes: Uint8Array,
  at: number,
): { value: number; end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i++) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return undefined;
}
