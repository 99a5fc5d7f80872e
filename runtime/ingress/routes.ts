/**
 * Finds the route of a request in a route table, as Envoy does: the virtual host whose domain fits the authority best, in
 * it the first route that matches. Pure, and used inside an isolate: no I/O, plain data.
 */
import type {
  Route,
  RouteTable,
  VirtualHost,
} from "../config/envoy/route_model.ts";
import { matchesRoute } from "./route_match.ts";

/** What a route is looked for by. */
export interface RouteRequest {
  readonly method: string;
  /** `:scheme`, by the connection: `http` or `https`. */
  readonly scheme: string;
  /** `host` or `:authority`, with its port. */
  readonly authority: string;
  /** With the query. */
  readonly path: string;
  /** The values of a header by its name in lower case, each line's as it is; none where it is not there. */
  headers(name: string): readonly string[];
  /** From 0 to 1, this left out: which of weighted clusters it is. */
  random(): number;
}

export interface FoundRoute {
  readonly host: VirtualHost;
  readonly route: Route;
}

/** A request that has to come over TLS and did not; it is redirected. */
export interface WantsTls {
  readonly host: VirtualHost;
  readonly route?: undefined;
}

/** @returns undefined where nothing matches: 404 without a body. */
export function findRoute(
  table: RouteTable,
  request: RouteRequest,
): FoundRoute | WantsTls | undefined {
  const host = findHost(table, request.authority);
  if (host === undefined) return undefined;
  if (host.requireTls === "all" && request.scheme !== "https") return { host };
  const route = host.routes.find(({ match }) => matchesRoute(match, request));
  return route && { host, route };
}

/** Domains of a table, ready to be looked up. */
interface Hosts {
  readonly exact: ReadonlyMap<string, VirtualHost>;
  /** What follows the `*`, the longest first. */
  readonly suffixes: readonly (readonly [string, VirtualHost])[];
  /** What comes before the `*`, the longest first. */
  readonly prefixes: readonly (readonly [string, VirtualHost])[];
  readonly any: VirtualHost | undefined;
  /** There is no domain but `*`. */
  readonly all: boolean;
}

const known = new WeakMap<RouteTable, Hosts>();

/** The virtual host of an authority: exact domains go before `*.suffix`, these before `prefix.*`, these before `*`. */
export function findHost(
  table: RouteTable,
  authority: string,
): VirtualHost | undefined {
  let hosts = known.get(table);
  if (hosts === undefined) known.set(table, hosts = hostsOf(table));
  if (hosts.all) return hosts.any;
  const name = (table.ignorePort ? withoutPort(authority) : authority)
    .toLowerCase();
  const found = hosts.exact.get(name);
  if (found !== undefined) return found;
  // A star stands for one character or more.
  const fits = ([part]: readonly [string, VirtualHost], at: "end" | "start") =>
    part.length < name.length &&
    (at === "end" ? name.endsWith(part) : name.startsWith(part));
  return hosts.suffixes.find((entry) => fits(entry, "end"))?.[1] ??
    hosts.prefixes.find((entry) => fits(entry, "start"))?.[1] ?? hosts.any;
}

function hostsOf({ virtualHosts }: RouteTable): Hosts {
  const exact = new Map<string, VirtualHost>();
  const suffixes: [string, VirtualHost][] = [];
  const prefixes: [string, VirtualHost][] = [];
  let any: VirtualHost | undefined;
  for (const host of virtualHosts) {
    for (const domain of host.domains) {
      if (domain === "*") any = host;
      else if (domain.startsWith("*")) suffixes.push([domain.slice(1), host]);
      else if (domain.endsWith("*")) {
        prefixes.push([domain.slice(0, -1), host]);
      } else exact.set(domain, host);
    }
  }
  const longest = (a: [string, unknown], b: [string, unknown]) =>
    b[0].length - a[0].length;
  suffixes.sort(longest);
  prefixes.sort(longest);
  const all = exact.size + suffixes.length + prefixes.length === 0;
  return { exact, suffixes, prefixes, any, all };
}

/** An authority without its port: `a:80`, `[::1]:80`. */
export function withoutPort(authority: string): string {
  const at = portAt(authority);
  return at < 0 ? authority : authority.slice(0, at);
}

/** Where the colon before the port is, -1 where there is none. */
export function portAt(authority: string): number {
  const at = authority.lastIndexOf(":");
  if (at < 0 || !/^[0-9]+$/.test(authority.slice(at + 1))) return -1;
  // Without brackets an address of version 6 is all colons and no port.
  return authority[0] === "[" && authority[at - 1] !== "]" ||
      authority[0] !== "[" && authority.indexOf(":") !== at
    ? -1
    : at;
}
