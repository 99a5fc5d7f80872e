/** What a found route makes of a request: an answer, another address, or the way to a cluster. */
import type {
  Forward,
  HeaderChanges,
  PathMatch,
  Redirect,
  RouteTable,
} from "../config/envoy/route_model.ts";
import { pathOnly } from "./route_match.ts";
import {
  type FoundRoute,
  portAt,
  type RouteRequest,
  type WantsTls,
} from "./routes.ts";

export type RouteOutcome =
  /** Answered here: status, and a body where there is one; a redirect, 201 and 3xx have a `location`. */
  | {
    readonly kind: "answer";
    readonly status: number;
    readonly body: Uint8Array;
    readonly location?: string;
  }
  | ForwardOutcome
  /** The route has nowhere to send the request. */
  | { readonly kind: "none" };

export interface ForwardOutcome {
  readonly kind: "forward";
  /** "" where the header that names it is not there; answer `notFoundStatus` then, as for a cluster nobody knows. */
  readonly cluster: string;
  readonly notFoundStatus: number;
  /** As it is sent upstream. */
  readonly path: string;
  /** Goes into `x-envoy-original-path`; absent where the path was left alone. */
  readonly originalPath?: string;
  /** As it is sent upstream; undefined: the host name of the endpoint that is picked. */
  readonly authority: string | undefined;
  /** Goes behind what `x-forwarded-host` holds; absent where nothing does. */
  readonly forwardedHost?: string;
  /** Milliseconds, 0: none. */
  readonly timeout: number;
  /** Changes of the weighted cluster that was picked. */
  readonly headers?: HeaderChanges;
}

const NOTHING = new Uint8Array();

/** The outcome of what `findRoute` found. */
export function outcomeOf(
  found: FoundRoute | WantsTls,
  request: RouteRequest,
): RouteOutcome {
  if (found.route === undefined) {
    return answer(301, locationOf(TO_TLS, ANY, request));
  }
  const { action, match } = found.route;
  switch (action.kind) {
    case "direct":
      return direct(action.status, action.body, request);
    case "redirect":
      return answer(action.status, locationOf(action, match.path, request));
    case "forward":
      return forward(action, match.path, request);
    case "none":
      return { kind: "none" };
  }
}

const ANY: PathMatch = { kind: "prefix", value: "", caseSensitive: true };

const NOWHERE_ELSE: Redirect = {
  kind: "redirect",
  status: 301,
  scheme: "",
  host: "",
  port: 0,
  path: { kind: "keep" },
  stripQuery: false,
};

const TO_TLS: Redirect = { ...NOWHERE_ELSE, scheme: "https" };

/** As Envoy has it, what was created, or is elsewhere, is at the request's own URL. */
function direct(
  status: number,
  body: Uint8Array,
  request: RouteRequest,
): RouteOutcome {
  const located = status === 201 || status >= 300 && status < 400;
  return {
    kind: "answer",
    status,
    body,
    ...located && { location: locationOf(NOWHERE_ELSE, ANY, request) },
  };
}

function answer(status: number, location: string): RouteOutcome {
  return { kind: "answer", status, body: NOTHING, location };
}

function forward(
  action: Forward,
  match: PathMatch,
  request: RouteRequest,
): ForwardOutcome {
  const { name, headers, hostRewrite } = pick(action, request);
  const rewritten = action.prefixRewrite !== "";
  const authority = authorityOf(action, hostRewrite, request);
  return {
    kind: "forward",
    cluster: name,
    notFoundStatus: action.notFoundStatus,
    path: rewritten
      ? replacePrefix(request.path, match, action.prefixRewrite)
      : request.path,
    ...rewritten && { originalPath: request.path },
    authority,
    ...action.appendForwardedHost && authority !== request.authority &&
      { forwardedHost: request.authority },
    timeout: action.timeout,
    ...headers && { headers },
  };
}

function authorityOf(
  { host }: Forward,
  hostRewrite: string,
  request: RouteRequest,
): string | undefined {
  if (hostRewrite !== "") return hostRewrite;
  switch (host.kind) {
    case "keep":
      return request.authority;
    case "literal":
      return host.value;
    case "endpoint":
      return undefined;
    case "header":
      return request.headers(host.name)[0] || request.authority;
  }
}

function pick(
  { cluster }: Forward,
  request: RouteRequest,
): { name: string; headers?: HeaderChanges; hostRewrite: string } {
  if (cluster.kind === "name") return { name: cluster.name, hostRewrite: "" };
  if (cluster.kind === "header") {
    const name = cluster.name === ":authority"
      ? request.authority
      : request.headers(cluster.name)[0] ?? "";
    return { name, hostRewrite: "" };
  }
  return pickWeighted(cluster.clusters, request.random()) ??
    { name: "", hostRewrite: "" };
}

/** @param random from 0 to 1, this left out. */
export function pickWeighted<T extends { readonly weight: number }>(
  all: readonly T[],
  random: number,
): T | undefined {
  const sum = all.reduce((sum, { weight }) => sum + weight, 0);
  let left = random * sum;
  const found = all.find(({ weight }) => {
    left -= weight;
    return left < 0;
  });
  return found ?? all.findLast(({ weight }) => weight > 0);
}

/** The path with what the route matched of it replaced; the query stays. */
function replacePrefix(path: string, match: PathMatch, by: string): string {
  const length = match.kind === "prefix" || match.kind === "separated_prefix"
    ? match.value.length
    : pathOnly(path).length;
  return by + path.slice(length);
}

function locationOf(
  to: Redirect,
  match: PathMatch,
  request: RouteRequest,
): string {
  const scheme = to.scheme === "" ? request.scheme : to.scheme;
  const port = to.port === 0 ? "" : `:${to.port}`;
  const host = to.host === "" ? hostFor(request, scheme, port) : to.host;
  return `${scheme}://${host}${port}${pathFor(to, match, request.path)}`;
}

/** The request's authority, without a port that no longer says anything. */
function hostFor(
  { authority, scheme: before }: RouteRequest,
  scheme: string,
  port: string,
): string {
  const at = portAt(authority);
  if (at < 0) return authority;
  const old = authority.slice(at);
  const isDefault = before === "http" && old === ":80" ||
    before === "https" && old === ":443";
  const drop = port !== "" || scheme !== before && isDefault;
  return drop ? authority.slice(0, at) : authority;
}

function pathFor(to: Redirect, match: PathMatch, path: string): string {
  const query = path.indexOf("?") < 0 ? "" : path.slice(path.indexOf("?"));
  const kept = to.stripQuery ? "" : query;
  switch (to.path.kind) {
    case "path":
      return to.path.value.includes("?") ? to.path.value : to.path.value + kept;
    case "prefix":
      if (to.path.value === "") break;
      path = replacePrefix(path, match, to.path.value);
  }
  return to.stripQuery && path.includes("?")
    ? path.slice(0, path.indexOf("?"))
    : path;
}

/** The header changes of a found route in the order in which they are made. */
export function changesOf(
  table: RouteTable,
  found: FoundRoute,
  outcome: RouteOutcome,
): HeaderChanges[] {
  const picked = outcome.kind === "forward" ? outcome.headers : undefined;
  const levels = [found.route.headers, found.host.headers, table.headers];
  if (picked !== undefined) levels.unshift(picked);
  return table.mostSpecificWins ? levels.reverse() : levels;
}
