/**
 * The bytes that a plugin is configured with. As Envoy has it: of a `StringValue` its text, of a `BytesValue` its bytes, of
 * every other message its protobuf form. (Envoy's documentation says that a `Struct` arrives as JSON; Envoy 1.40 hands over
 * the message, and so do we.)
 */
import { BinaryWriter } from "@bufbuild/protobuf/wire";
import { list, show } from "../../settings/problems.ts";
import { type Check, isObject, type JsonObject } from "../check.ts";
import { readAny, type TypedMessage } from "./any.ts";
import { type Fields, readMessage } from "./fields.ts";
import { readBase64, splitDuration } from "./scalars.ts";

const NOTHING = new Uint8Array();

/** The configuration in the field `name`; empty where there is none. */
export function readConfiguration(fields: Fields, name: string): Uint8Array {
  const value = fields.raw(name);
  if (value === undefined) return NOTHING;
  const any = readAny(fields.check, value, fields.at(name));
  return any === undefined ? NOTHING : encode(fields.check, any);
}

type Encode = (check: Check, value: unknown, path: string) => Uint8Array;

/** Types whose JSON form is one value, in the field `value`. */
const VALUES: Readonly<Record<string, Encode>> = {
  "google.protobuf.StringValue": text,
  "google.protobuf.BytesValue": bytes,
  "google.protobuf.BoolValue": bool,
  "google.protobuf.Int32Value": integer(-(2n ** 31n), 2n ** 31n - 1n),
  "google.protobuf.Int64Value": integer(-(2n ** 63n), 2n ** 63n - 1n),
  "google.protobuf.UInt32Value": integer(0n, 2n ** 32n - 1n),
  "google.protobuf.UInt64Value": integer(0n, 2n ** 64n - 1n),
  "google.protobuf.FloatValue": fraction(4),
  "google.protobuf.DoubleValue": fraction(8),
  "google.protobuf.Struct": (check, value, path) =>
    struct(check.object(value ?? {}, path)),
  "google.protobuf.Value": (_check, value) => structValue(value),
  "google.protobuf.ListValue": (check, value, path) =>
    listValue(check.list(value ?? [], path)),
  "google.protobuf.Duration": duration,
  "google.protobuf.Timestamp": timestamp,
};

const EMPTY = "google.protobuf.Empty";
const TYPED_STRUCTS = ["udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"];

function encode(check: Check, any: TypedMessage): Uint8Array {
  return readMessage(check, any.body, any.path, (fields) => {
    if (any.type === EMPTY) return NOTHING;
    if (TYPED_STRUCTS.includes(any.type)) return typedStruct(fields);
    const encode = Object.hasOwn(VALUES, any.type)
      ? VALUES[any.type]
      : undefined;
    const value = fields.raw("value");
    if (encode !== undefined) return encode(check, value, fields.at("value"));
    for (const key of Object.keys(any.body)) fields.raw(key);
    check.problem(
      any.path,
      `found type ${show(any.type)}, expected one of ${
        list([...Object.keys(VALUES), EMPTY, ...TYPED_STRUCTS])
      }`,
    );
    return NOTHING;
  });
}

function text(check: Check, value: unknown, path: string): Uint8Array {
  if (value === undefined) return NOTHING;
  if (typeof value === "string") return new TextEncoder().encode(value);
  check.expected(path, value, "a text in quotes");
  return NOTHING;
}

function bytes(check: Check, value: unknown, path: string): Uint8Array {
  if (value === undefined) return NOTHING;
  const read = readBase64(value);
  if (read === undefined) check.expected(path, value, "base64");
  return read ?? NOTHING;
}

function bool(check: Check, value: unknown, path: string): Uint8Array {
  if (value !== undefined && typeof value !== "boolean") {
    check.expected(path, value, "true or false");
  }
  return value === true
    ? new BinaryWriter().uint32(8).bool(true).finish()
    : NOTHING;
}

function integer(least: bigint, most: bigint): Encode {
  return (check, value, path) => {
    if (value === undefined) return NOTHING;
    const isWhole = Number.isSafeInteger(value) ||
      typeof value === "string" && /^-?[0-9]{1,20}$/.test(value);
    const number = isWhole ? BigInt(value as string | number) : undefined;
    if (number === undefined || number < least || number > most) {
      check.expected(path, value, `a whole number from ${least} to ${most}`);
      return NOTHING;
    }
    if (number === 0n) return NOTHING;
    const writer = new BinaryWriter().uint32(8);
    return (number < 0n ? writer.int64(number) : writer.uint64(number))
      .finish();
  };
}

function fraction(size: 4 | 8): Encode {
  return (check, value, path) => {
    if (value === undefined) return NOTHING;
    const number = typeof value === "number" ||
        typeof value === "string" && value.trim() !== ""
      ? Number(value)
      : NaN;
    if (Number.isNaN(number) && value !== "NaN") {
      check.expected(path, value, "a number");
      return NOTHING;
    }
    if (Object.is(number, 0)) return NOTHING;
    return size === 4
      ? new BinaryWriter().uint32(13).float(number).finish()
      : new BinaryWriter().uint32(9).double(number).finish();
  };
}

function duration(check: Check, value: unknown, path: string): Uint8Array {
  if (value === undefined) return NOTHING;
  const read = splitDuration(value);
  if (read === undefined) {
    check.expected(path, value, 'a duration in seconds, e.g. "1.5s"');
    return NOTHING;
  }
  return time(BigInt(read.seconds), read.nanos);
}

function timestamp(check: Check, value: unknown, path: string): Uint8Array {
  if (value === undefined) return NOTHING;
  const parts = typeof value === "string"
    ? /^(\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)$/
      .exec(value)
    : null;
  const [, whole = "", nanos = "", zone = ""] = parts ?? [];
  const millis = Date.parse(`${whole}${zone}`.toUpperCase());
  if (parts === null || Number.isNaN(millis)) {
    check.expected(path, value, 'a time, e.g. "2026-01-31T12:00:00Z"');
    return NOTHING;
  }
  return time(BigInt(millis / 1000), Number(nanos.padEnd(9, "0")));
}

/** Seconds in field 1 and nanoseconds in field 2, of durations and times. */
function time(seconds: bigint, nanos: number): Uint8Array {
  const writer = new BinaryWriter();
  if (seconds !== 0n) writer.uint32(8).int64(seconds);
  if (nanos !== 0) writer.uint32(16).int32(nanos);
  return writer.finish();
}

function typedStruct(fields: Fields): Uint8Array {
  const url = fields.text("type_url");
  const value = fields.raw("value");
  const body = fields.check.object(value ?? {}, fields.at("value"));
  const writer = new BinaryWriter();
  if (url !== "") writer.uint32(10).string(url);
  if (value !== undefined) writer.uint32(18).bytes(struct(body));
  return writer.finish();
}

/** `google.protobuf.Struct`: entries in the order of the file (Envoy's order is that of its hash map). */
export function struct(object: JsonObject): Uint8Array {
  const writer = new BinaryWriter();
  for (const [key, value] of Object.entries(object)) {
    const entry = new BinaryWriter().uint32(10).string(key)
      .uint32(18).bytes(structValue(value)).finish();
    writer.uint32(10).bytes(entry);
  }
  return writer.finish();
}

function structValue(value: unknown): Uint8Array {
  const writer = new BinaryWriter();
  if (value === null || value === undefined) {
    return writer.uint32(8).int32(0).finish();
  }
  if (typeof value === "number") {
    return writer.uint32(17).double(value).finish();
  }
  if (typeof value === "string") {
    return writer.uint32(26).string(value).finish();
  }
  if (typeof value === "boolean") return writer.uint32(32).bool(value).finish();
  if (Array.isArray(value)) {
    return writer.uint32(50).bytes(listValue(value)).finish();
  }
  return writer.uint32(42).bytes(isObject(value) ? struct(value) : NOTHING)
    .finish();
}

function listValue(values: readonly unknown[]): Uint8Array {
  const writer = new BinaryWriter();
  for (const value of values) writer.uint32(10).bytes(structValue(value));
  return writer.finish();
}
