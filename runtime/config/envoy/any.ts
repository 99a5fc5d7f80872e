/** `google.protobuf.Any`: a message that says its own type, plainly or inside a `TypedStruct`. */
import { list, show } from "../../settings/problems.ts";
import { type Check, isObject, join, type JsonObject } from "../check.ts";
import { type Fields, readMessage } from "./fields.ts";

export interface TypedMessage {
  /** The type without the host before it, e.g. `envoy.extensions.wasm.v3.WasmService`. */
  readonly type: string;
  /** Its fields. */
  readonly body: JsonObject;
  /** Where they stand. */
  readonly path: string;
}

const TYPED_STRUCTS = ["udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"];

/** The message at `path`; undefined after a problem. An object without `@type` and fields is none, without a problem. */
export function readAny(
  check: Check,
  value: unknown,
  path: string,
): TypedMessage | undefined {
  if (!isObject(value)) {
    check.expected(path, value, 'an object with an "@type"');
    return undefined;
  }
  const { "@type": url, ...body } = value;
  if (url === undefined && Object.keys(body).length === 0) return undefined;
  const parts = typeof url === "string" ? /^.+\/([^/]+)$/.exec(url) : null;
  if (parts === null) {
    check.expected(
      join(path, "@type"),
      url,
      "the URL of a type, e.g. type.googleapis.com/google.protobuf.StringValue",
    );
    return undefined;
  }
  return { type: parts[1] ?? "", body, path };
}

/** As `readAny`; a `TypedStruct` is taken for what is inside. */
export function readTyped(
  check: Check,
  value: unknown,
  path: string,
): TypedMessage | undefined {
  const outer = readAny(check, value, path);
  if (outer === undefined || !TYPED_STRUCTS.includes(outer.type)) return outer;
  return readMessage(check, outer.body, outer.path, (fields) => {
    const url = fields.required("type_url");
    const value = fields.raw("value") ?? {};
    const body = check.object(value, fields.at("value"));
    return {
      type: url.slice(url.lastIndexOf("/") + 1),
      body,
      path: fields.at("value"),
    };
  });
}

/** Readers by the type that they read. */
export type Readers<T> = Readonly<Record<string, (fields: Fields) => T>>;

/**
 * Reads the extension in the field `typed_config` with the reader of its type.
 * @returns undefined after a problem: no type, or one that is not served here.
 */
export function readExtension<T>(
  fields: Fields,
  readers: Readers<T>,
  field = "typed_config",
): T | undefined {
  const { check } = fields;
  const path = fields.at(field);
  const value = fields.raw(field);
  if (value === undefined) {
    check.expected(path, value, 'an object with an "@type"');
    return undefined;
  }
  const typed = readTyped(check, value, path);
  if (typed === undefined) {
    if (isObject(value) && Object.keys(value).length === 0) {
      check.expected(join(path, "@type"), undefined, "a type");
    }
    return undefined;
  }
  const read = Object.hasOwn(readers, typed.type)
    ? readers[typed.type]
    : undefined;
  if (read === undefined) {
    check.problem(
      path,
      `found type ${show(typed.type)}, expected ${
        Object.keys(readers).length === 1
          ? list(Object.keys(readers))
          : `one of ${list(Object.keys(readers))}`
      }`,
    );
    return undefined;
  }
  return readMessage(check, typed.body, typed.path, read);
}
