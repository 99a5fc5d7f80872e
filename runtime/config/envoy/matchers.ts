/** What a request has to be like for a route: `envoy.config.route.v3.RouteMatch`. */
import { readRegex, RegexError } from "../../ingress/regex.ts";
import type { Fields } from "./fields.ts";
import { checkName } from "./headers.ts";
import type {
  HeaderMatch,
  PathMatch,
  QueryMatch,
  RouteMatch,
  StringMatch,
} from "./route_model.ts";

const PATHS = [
  "prefix",
  "path",
  "safe_regex",
  "path_separated_prefix",
] as const;

export function readRouteMatch(fields: Fields): RouteMatch {
  return {
    path: readPath(fields),
    headers: fields.repeated("headers", readHeader),
    query: fields.repeated("query_parameters", readQuery),
    grpc: fields.message("grpc", () => true) ?? false,
  };
}

function readPath(fields: Fields): PathMatch {
  const caseSensitive = fields.flag("case_sensitive") ?? true;
  const kind = fields.exactlyOne(PATHS);
  if (kind === undefined) return { kind: "prefix", value: "", caseSensitive };
  const path = fields.at(kind);
  if (kind === "safe_regex") {
    return { kind: "regex", regex: fields.message(kind, readPattern) ?? "" };
  }
  const value = fields.text(kind);
  if (kind !== "path_separated_prefix") return { kind, value, caseSensitive };
  if (!/^\/[^?#]*[^?#/]$/.test(value)) {
    fields.check.expected(
      path,
      value,
      'a path that begins with "/" and does not end with it, without "?" and "#"',
    );
  }
  return { kind: "separated_prefix", value, caseSensitive };
}

/** `envoy.type.matcher.v3.RegexMatcher`: its pattern, checked. */
export function readPattern(fields: Fields): string {
  // The only engine there is, and the default.
  fields.message("google_re2", (engine) => {
    engine.whole("max_program_size", 0, 2 ** 32 - 1);
  });
  const regex = fields.required("regex");
  try {
    readRegex(regex);
  } catch (error) {
    if (!(error instanceof RegexError)) throw error;
    fields.check.problem(
      fields.at("regex"),
      `found ${JSON.stringify(regex.slice(0, 200))}: ${error.message}`,
    );
    return "";
  }
  return regex;
}

/** The specifiers of a header match that are texts, by the kind of string match they mean. */
const HEADER_TEXTS = {
  exact_match: "exact",
  prefix_match: "prefix",
  suffix_match: "suffix",
  contains_match: "contains",
} as const;

function readHeader(fields: Fields): HeaderMatch {
  const name = fields.required("name");
  checkName(fields, name || "x", fields.at("name"));
  return {
    name: name.toLowerCase(),
    test: readHeaderTest(fields),
    invert: fields.flag("invert_match") ?? false,
    missingIsEmpty: fields.flag("treat_missing_header_as_empty") ?? false,
  };
}

function readHeaderTest(fields: Fields): HeaderMatch["test"] {
  const kind = fields.oneOf([
    ...Object.keys(HEADER_TEXTS) as (keyof typeof HEADER_TEXTS)[],
    "string_match",
    "safe_regex_match",
    "range_match",
    "present_match",
  ]);
  switch (kind) {
    case undefined:
      return { kind: "present", present: true };
    case "present_match":
      return { kind: "present", present: fields.flag(kind) ?? true };
    case "range_match":
      return fields.message(kind, (range) => ({
        kind: "range" as const,
        start: readInt64(range, "start"),
        end: readInt64(range, "end"),
      })) ?? { kind: "range", start: 0, end: 0 };
    case "safe_regex_match":
      return {
        kind: "string",
        match: {
          kind: "regex",
          regex: fields.message(kind, readPattern) ?? "",
        },
      };
    case "string_match":
      return { kind: "string", match: readStringField(fields, kind) };
    default: {
      // Of this field alone Envoy takes an empty text for any.
      if (kind === "exact_match" && fields.text(kind) === "") {
        return { kind: "present", present: true };
      }
      const value = fields.required(kind);
      return {
        kind: "string",
        match: { kind: HEADER_TEXTS[kind], value, ignoreCase: false },
      };
    }
  }
}

function readInt64(fields: Fields, name: string): number {
  return fields.whole(
    name,
    Number.MIN_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER,
  ) ?? 0;
}

function readQuery(fields: Fields): QueryMatch {
  const name = fields.required("name");
  const kind = fields.oneOf(["string_match", "present_match"]);
  return {
    name,
    ...kind === "string_match" && { match: readStringField(fields, kind) },
    present: kind === "present_match" ? fields.flag(kind) ?? true : true,
  };
}

function readStringField(fields: Fields, name: string): StringMatch {
  return fields.message(name, readString) ??
    { kind: "exact", value: "", ignoreCase: false };
}

/** `envoy.type.matcher.v3.StringMatcher`. */
export function readString(fields: Fields): StringMatch {
  const ignoreCase = fields.flag("ignore_case") ?? false;
  const kind = fields.exactlyOne([
    "exact",
    "prefix",
    "suffix",
    "contains",
    "safe_regex",
  ]);
  if (kind === "safe_regex") {
    if (ignoreCase) {
      fields.check.problem(
        fields.at("ignore_case"),
        "found true beside a regular expression, where it would have no effect",
      );
    }
    return { kind: "regex", regex: fields.message(kind, readPattern) ?? "" };
  }
  if (kind === undefined) return { kind: "exact", value: "", ignoreCase };
  const value = kind === "exact" ? fields.text(kind) : fields.required(kind);
  return { kind, value, ignoreCase };
}
