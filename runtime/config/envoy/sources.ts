/** `envoy.config.core.v3.DataSource`: bytes from a file, from the text itself, or from a variable. */
import type { EnvoyOptions } from "./context.ts";
import type { Fields } from "./fields.ts";
import type { CodeSource } from "./model.ts";
import { readBase64 } from "./scalars.ts";

const NOTHING = new Uint8Array();

/** Where bytes come from; undefined after a problem. */
export function readSource(
  fields: Fields,
  options: EnvoyOptions,
): CodeSource | undefined {
  const kind = fields.exactlyOne([
    "filename",
    "inline_string",
    "inline_bytes",
    "environment_variable",
  ]);
  if (kind === undefined) return undefined;
  const path = fields.at(kind);
  if (kind === "inline_bytes") {
    const value = fields.raw(kind);
    const bytes = readBase64(value);
    if (bytes === undefined) fields.check.expected(path, value, "base64");
    return { kind: "bytes", bytes: bytes ?? NOTHING };
  }
  const text = kind === "inline_string"
    ? fields.text(kind)
    : fields.required(kind);
  if (kind === "inline_string") return fromText(text);
  if (text === "") return undefined;
  if (kind === "filename") {
    return {
      kind: "file",
      path: text.startsWith("/") ? text : `${options.cwd}/${text}`,
    };
  }
  const value = Object.hasOwn(options.env, text)
    ? options.env[text]
    : undefined;
  if (value === undefined) {
    fields.check.expected(path, text, "the name of a variable that is set");
  }
  return fromText(value ?? "");
}

/** The bytes of a source, at most `limit`; a file is read now. Empty after a problem. */
export function readBytes(
  fields: Fields,
  options: EnvoyOptions,
  limit: number,
): Uint8Array {
  const source = readSource(fields, options);
  if (source === undefined) return NOTHING;
  const path = fields.path;
  if (source.kind === "file") {
    try {
      return options.files.read(source.path, limit);
    } catch (error) {
      fields.check.problem(
        fields.at("filename"),
        error instanceof Error ? error.message : String(error),
      );
      return NOTHING;
    }
  }
  if (source.bytes.length > limit) {
    fields.check.problem(
      path,
      `found ${source.bytes.length} bytes, expected at most ${limit}`,
    );
  }
  return source.bytes;
}

function fromText(text: string): CodeSource {
  return { kind: "bytes", bytes: new TextEncoder().encode(text) };
}
