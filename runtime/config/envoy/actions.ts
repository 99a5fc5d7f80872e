/** What becomes of a request: the `action` of `envoy.config.route.v3.Route`. */
import type { EnvoyOptions } from "./context.ts";
import type { Fields } from "./fields.ts";
import { checkName, readHeaderChanges } from "./headers.ts";
import type {
  ClusterChoice,
  DirectResponse,
  Forward,
  PathMatch,
  Redirect,
  RouteAction,
  WeightedRoute,
} from "./route_model.ts";
import { readBytes } from "./sources.ts";

/** Envoy's own timeout of a whole answer, milliseconds. */
const ROUTE_TIMEOUT = 15_000;

const MAX_WEIGHT = 2 ** 32 - 1;

/** Bytes of a direct response, unless the route table says otherwise; Envoy's own. */
export const MAX_DIRECT_BODY = 4096;

/**
 * The action of a route.
 * @param path what the route matches: a rewritten prefix has to be one.
 * @param limit bytes of a direct response.
 */
export function readAction(
  fields: Fields,
  path: PathMatch,
  options: EnvoyOptions,
  limit: number,
): RouteAction {
  const kind = fields.exactlyOne([
    "direct_response",
    "route",
    "redirect",
    "non_forwarding_action",
  ]);
  switch (kind) {
    case "direct_response":
      return fields.message(
        kind,
        (direct) => readDirect(direct, options, limit),
      ) ?? { kind: "none" };
    case "route":
      return fields.message(kind, (route) => readForward(route)) ??
        { kind: "none" };
    case "redirect":
      return fields.message(kind, (to) => readRedirect(to, path)) ??
        { kind: "none" };
    case "non_forwarding_action":
      fields.message(kind, () => {});
  }
  return { kind: "none" };
}

function readDirect(
  fields: Fields,
  options: EnvoyOptions,
  limit: number,
): DirectResponse {
  const status = fields.whole("status", 200, 599);
  if (!fields.has("status")) {
    fields.check.expected(
      fields.at("status"),
      undefined,
      "a whole number from 200 to 599",
    );
  }
  const body = fields.message(
    "body",
    (body) => readBytes(body, options, limit),
  );
  return { kind: "direct", status: status ?? 200, body: body ?? EMPTY };
}

const EMPTY = new Uint8Array();

function readForward(fields: Fields): Forward {
  fields.choice("priority", { DEFAULT: 0, HIGH: 1 });
  const status = fields.choice("cluster_not_found_response_code", {
    SERVICE_UNAVAILABLE: 0,
    NOT_FOUND: 1,
    INTERNAL_SERVER_ERROR: 2,
  });
  return {
    kind: "forward",
    cluster: readCluster(fields),
    timeout: fields.duration("timeout") ?? ROUTE_TIMEOUT,
    host: readHostRewrite(fields),
    prefixRewrite: fields.text("prefix_rewrite"),
    appendForwardedHost: fields.flag("append_x_forwarded_host") ?? false,
    notFoundStatus: status === "NOT_FOUND"
      ? 404
      : status === "INTERNAL_SERVER_ERROR"
      ? 500
      : 503,
  };
}

function readHostRewrite(fields: Fields): Forward["host"] {
  const kind = fields.oneOf([
    "host_rewrite_literal",
    "auto_host_rewrite",
    "host_rewrite_header",
  ]);
  switch (kind) {
    case "host_rewrite_literal": {
      const value = fields.text(kind);
      return value === "" ? { kind: "keep" } : { kind: "literal", value };
    }
    case "auto_host_rewrite":
      return { kind: fields.flag(kind) === true ? "endpoint" : "keep" };
    case "host_rewrite_header": {
      const name = fields.text(kind).toLowerCase();
      return name === "" ? { kind: "keep" } : { kind: "header", name };
    }
  }
  return { kind: "keep" };
}

function readCluster(fields: Fields): ClusterChoice {
  const kind = fields.exactlyOne([
    "cluster",
    "cluster_header",
    "weighted_clusters",
  ]);
  if (kind === "weighted_clusters") {
    const clusters = fields.message(kind, readWeighted) ?? [];
    return { kind: "weighted", clusters };
  }
  if (kind === "cluster_header") {
    const name = fields.required(kind);
    checkName(fields, name || "x", fields.at(kind));
    return { kind: "header", name: name.toLowerCase() };
  }
  return {
    kind: "name",
    name: kind === undefined ? "" : fields.required(kind),
  };
}

function readWeighted(fields: Fields): WeightedRoute[] {
  // Weights could be changed while Envoy runs, by that prefix; here nothing changes them.
  fields.text("runtime_key_prefix");
  // The weights' own sum counts, whatever is said here.
  fields.whole("total_weight", 1, MAX_WEIGHT);
  const clusters = fields.repeated("clusters", (cluster) => ({
    name: cluster.required("name"),
    weight: cluster.whole("weight", 0, MAX_WEIGHT) ?? noWeight(cluster),
    headers: readHeaderChanges(cluster),
    hostRewrite: cluster.text("host_rewrite_literal"),
  }));
  checkWeights(fields, clusters);
  return clusters;
}

function noWeight(fields: Fields): number {
  if (!fields.has("weight")) {
    fields.check.expected(fields.at("weight"), undefined, "a whole number");
  }
  return 0;
}

/** Together 1 or more, and what 32 bits hold. */
export function checkWeights(
  fields: Fields,
  clusters: readonly { weight: number }[],
): void {
  const sum = clusters.reduce((sum, { weight }) => sum + weight, 0);
  const path = fields.at("clusters");
  if (clusters.length === 0) {
    fields.check.problem(path, "found no cluster, expected one or more");
  } else if (sum < 1 || sum > MAX_WEIGHT) {
    fields.check.problem(
      path,
      `found weights of ${sum} in all, expected 1 to ${MAX_WEIGHT}`,
    );
  }
}

const STATUSES = {
  MOVED_PERMANENTLY: 0,
  FOUND: 1,
  SEE_OTHER: 2,
  TEMPORARY_REDIRECT: 3,
  PERMANENT_REDIRECT: 4,
} as const;

const CODES = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
} as const;

function readRedirect(fields: Fields, path: PathMatch): Redirect {
  const scheme = fields.oneOf(["https_redirect", "scheme_redirect"]);
  const kind = fields.oneOf(["path_redirect", "prefix_rewrite"]);
  if (kind === "prefix_rewrite" && path.kind === "regex") {
    fields.check.problem(
      fields.at(kind),
      "found beside a safe_regex, expected a prefix or path that it replaces",
    );
  }
  return {
    kind: "redirect",
    status: CODES[fields.choice("response_code", STATUSES)],
    scheme: scheme === "scheme_redirect"
      ? fields.text(scheme)
      : scheme !== undefined && fields.flag(scheme) === true
      ? "https"
      : "",
    host: oneLine(fields, "host_redirect"),
    port: fields.whole("port_redirect", 0, 65535) ?? 0,
    path: kind === undefined ? { kind: "keep" } : {
      kind: kind === "path_redirect" ? "path" : "prefix",
      value: oneLine(fields, kind),
    },
    stripQuery: fields.flag("strip_query") ?? false,
  };
}

/** A text that goes into a header. */
function oneLine(fields: Fields, name: string): string {
  const text = fields.text(name);
  if (/[\0\r\n]/.test(text)) {
    fields.check.problem(
      fields.at(name),
      "found a line's end, expected one line",
    );
  }
  return text;
}
