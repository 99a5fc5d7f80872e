/** Whether a request is as a route wants it: path, headers and query. */
import type {
  HeaderMatch,
  PathMatch,
  QueryMatch,
  RouteMatch,
  StringMatch,
} from "../config/envoy/route_model.ts";
import { readRegex, type Regex } from "./regex.ts";
import type { RouteRequest } from "./routes.ts";

export function matchesRoute(
  match: RouteMatch,
  request: RouteRequest,
): boolean {
  // It asks for a tunnel, which no route here is.
  if (request.method === "CONNECT") return false;
  if (!matchesPath(match.path, pathOnly(request.path))) return false;
  if (match.grpc && !isGrpc(request.headers("content-type"))) return false;
  if (!match.headers.every((header) => matchesHeader(header, request))) {
    return false;
  }
  if (match.query.length === 0) return true;
  const query = readQuery(request.path);
  return match.query.every((parameter) => matchesQuery(parameter, query));
}

/** A path without its query and fragment. */
export function pathOnly(path: string): string {
  const query = path.indexOf("?");
  const fragment = path.indexOf("#");
  if (query < 0 && fragment < 0) return path;
  const end = query < 0 || fragment >= 0 && fragment < query ? fragment : query;
  return path.slice(0, end);
}

function isGrpc([type = ""]: readonly string[]): boolean {
  return /^application\/grpc(?:$|\+)/.test(type);
}

function matchesPath(match: PathMatch, path: string): boolean {
  if (match.kind === "regex") return regexOf(match).matches(path);
  const [want, have] = match.caseSensitive
    ? [match.value, path]
    : [match.value.toLowerCase(), path.toLowerCase()];
  switch (match.kind) {
    case "prefix":
      return have.startsWith(want);
    case "path":
      return have === want;
    case "separated_prefix":
      return have.startsWith(want) &&
        (have.length === want.length || have[want.length] === "/");
  }
}

/**
 * Of several values one has to match; inverted, none may. A header that is not there matches nothing, inverted or not, but
 * for what looks at that alone.
 */
function matchesHeader(match: HeaderMatch, request: RouteRequest): boolean {
  const { test } = match;
  const found = valuesOf(match.name, request);
  const values = found.length === 0 && match.missingIsEmpty ? [""] : found;
  if (test.kind === "present") {
    return (values.length > 0 === test.present) !== match.invert;
  }
  if (values.length === 0) return false;
  const matches = values.some((value) =>
    test.kind === "range"
      ? inRange(value, test.start, test.end)
      : matchesString(test.match, value)
  );
  return matches !== match.invert;
}

function valuesOf(name: string, request: RouteRequest): readonly string[] {
  switch (name) {
    case ":method":
      return [request.method];
    case ":scheme":
      return [request.scheme];
    case ":path":
      return [request.path];
    case ":authority":
    case "host":
      return [request.authority];
  }
  return request.headers(name);
}

function inRange(value: string, start: number, end: number): boolean {
  if (!/^[+-]?[0-9]{1,19}$/.test(value)) return false;
  const number = Number(value);
  return number >= start && number < end;
}

/** `envoy.type.matcher.v3.StringMatcher`. */
export function matchesString(match: StringMatch, value: string): boolean {
  if (match.kind === "regex") return regexOf(match).matches(value);
  const [want, have] = match.ignoreCase
    ? [match.value.toLowerCase(), value.toLowerCase()]
    : [match.value, value];
  switch (match.kind) {
    case "exact":
      return have === want;
    case "prefix":
      return have.startsWith(want);
    case "suffix":
      return have.endsWith(want);
    case "contains":
      return have.includes(want);
  }
}

const compiled = new WeakMap<object, Regex>();

/** Compiled once for each place of the table. */
function regexOf(match: { readonly regex: string }): Regex {
  let regex = compiled.get(match);
  if (regex === undefined) compiled.set(match, regex = readRegex(match.regex));
  return regex;
}

/** First values by name, as they are written: nothing is decoded. */
function readQuery(path: string): Map<string, string> {
  const found = new Map<string, string>();
  const start = path.indexOf("?");
  if (start < 0) return found;
  const end = path.indexOf("#", start);
  const query = path.slice(start + 1, end < 0 ? undefined : end);
  for (const part of query.split("&")) {
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    if (found.has(name)) continue;
    found.set(name, equals < 0 ? "" : part.slice(equals + 1));
  }
  return found;
}

function matchesQuery(
  { name, match, present }: QueryMatch,
  query: ReadonlyMap<string, string>,
): boolean {
  const value = query.get(name);
  if (match === undefined) return (value !== undefined) === present;
  return value !== undefined && matchesString(match, value);
}
