/**
 * The route table of an HTTP listener (`envoy.config.route.v3.RouteConfiguration`) as plain data. `runtime/ingress/routes.ts`
 * finds a request's route in it.
 */
import type { Metadata, WeightedName } from "./model.ts";

export interface RouteTable {
  readonly name: string;
  readonly virtualHosts: readonly VirtualHost[];
  readonly headers: HeaderChanges;
  /** Changes of the table go before those of the host, these before those of the route; otherwise the other way round. */
  readonly mostSpecificWins: boolean;
  /** Whether a port in the authority is left out when the virtual host is looked for. */
  readonly ignorePort: boolean;
  readonly metadata: Metadata;
}

export interface VirtualHost {
  readonly name: string;
  /** In lower case: `a.b`, `*.b`, `a.*` or `*`; each once in a table. */
  readonly domains: readonly string[];
  readonly routes: readonly Route[];
  readonly headers: HeaderChanges;
  /** `all`: requests over plain HTTP are redirected to HTTPS. */
  readonly requireTls: "none" | "all";
  readonly metadata: Metadata;
}

export interface Route {
  /** "" where the file gives none. */
  readonly name: string;
  readonly match: RouteMatch;
  readonly action: RouteAction;
  readonly headers: HeaderChanges;
  readonly metadata: Metadata;
}

export interface RouteMatch {
  readonly path: PathMatch;
  readonly headers: readonly HeaderMatch[];
  readonly query: readonly QueryMatch[];
  /** gRPC requests only. */
  readonly grpc: boolean;
}

export type PathMatch =
  | {
    readonly kind: "prefix" | "path" | "separated_prefix";
    readonly value: string;
    readonly caseSensitive: boolean;
  }
  | { readonly kind: "regex"; readonly regex: string };

export type StringMatch =
  | {
    readonly kind: "exact" | "prefix" | "suffix" | "contains";
    readonly value: string;
    readonly ignoreCase: boolean;
  }
  /** The whole text has to match. The syntax is what `runtime/ingress/regex.ts` reads of RE2's. */
  | { readonly kind: "regex"; readonly regex: string };

export interface HeaderMatch {
  /** In lower case. */
  readonly name: string;
  readonly test:
    | { readonly kind: "present"; readonly present: boolean }
    | {
      readonly kind: "range";
      /** From `start` to `end`, this left out. */
      readonly start: number;
      readonly end: number;
    }
    | { readonly kind: "string"; readonly match: StringMatch };
  readonly invert: boolean;
  readonly missingIsEmpty: boolean;
}

export interface QueryMatch {
  readonly name: string;
  /** Absent: the parameter has to be there. */
  readonly match?: StringMatch;
  /** Whether it has to be there or must not; only where there is no `match`. */
  readonly present: boolean;
}

export type RouteAction = DirectResponse | Forward | Redirect | NoForward;

export interface DirectResponse {
  readonly kind: "direct";
  readonly status: number;
  readonly body: Uint8Array;
}

export interface Forward {
  readonly kind: "forward";
  readonly cluster: ClusterChoice;
  /** For the whole answer; 0: none. Envoy's default is 15 s. */
  readonly timeout: number;
  /** The authority sent upstream. */
  readonly host:
    | { readonly kind: "keep" }
    | { readonly kind: "literal"; readonly value: string }
    /** The endpoint's host name. */
    | { readonly kind: "endpoint" }
    | { readonly kind: "header"; readonly name: string };
  /** Replaces what the path match matched; "" leaves the path as it is. */
  readonly prefixRewrite: string;
  readonly appendForwardedHost: boolean;
  /** Answered where the cluster is not there. */
  readonly notFoundStatus: 503 | 404 | 500;
}

export type ClusterChoice =
  | { readonly kind: "name"; readonly name: string }
  /** The header's name, in lower case. */
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "weighted"; readonly clusters: readonly WeightedRoute[] };

export interface WeightedRoute extends WeightedName {
  readonly headers: HeaderChanges;
  /** "" where the route's host stands. */
  readonly hostRewrite: string;
}

export interface Redirect {
  readonly kind: "redirect";
  readonly status: 301 | 302 | 303 | 307 | 308;
  /** "" keeps the request's. */
  readonly scheme: string;
  readonly host: string;
  /** 0 keeps the request's. */
  readonly port: number;
  readonly path:
    | { readonly kind: "keep" }
    | { readonly kind: "path"; readonly value: string }
    | { readonly kind: "prefix"; readonly value: string };
  readonly stripQuery: boolean;
}

/** `non_forwarding_action`: the route matches, and there is nowhere to send the request. */
export interface NoForward {
  readonly kind: "none";
}

export interface HeaderChanges {
  readonly request: HeaderEdits;
  readonly response: HeaderEdits;
}

/** Removals go first. Names are in lower case. */
export interface HeaderEdits {
  readonly remove: readonly string[];
  readonly add: readonly HeaderAddition[];
}

export interface HeaderAddition {
  readonly name: string;
  readonly value: string;
  readonly action: "append" | "add_if_absent" | "overwrite" | "replace";
}
