/** `envoy.config.route.v3.RouteConfiguration`. */
import { show } from "../../settings/problems.ts";
import { MAX_DIRECT_BODY, readAction } from "./actions.ts";
import { readMetadata } from "./address.ts";
import type { EnvoyOptions } from "./context.ts";
import type { Fields } from "./fields.ts";
import { readHeaderChanges } from "./headers.ts";
import { readRouteMatch } from "./matchers.ts";
import type { Route, RouteTable, VirtualHost } from "./route_model.ts";

/** Bytes that a route table may allow a direct response. */
const MAX_BODY_LIMIT = 16 * 1024 * 1024;

export function readRouteTable(
  fields: Fields,
  options: EnvoyOptions,
): RouteTable {
  const limit = fields.whole(
    "max_direct_response_body_size_bytes",
    0,
    MAX_BODY_LIMIT,
  ) ?? MAX_DIRECT_BODY;
  // Whether clusters are there is checked here in any case: none is added later.
  fields.flag("validate_clusters");
  const domains = new Map<string, string>();
  return {
    name: fields.text("name"),
    virtualHosts: fields.repeated("virtual_hosts", (host) => {
      const read = readHost(host, options, limit);
      for (const [i, domain] of read.domains.entries()) {
        once(host, domains, domain, `${host.at("domains")}[${i}]`);
      }
      return read;
    }),
    headers: readHeaderChanges(fields),
    mostSpecificWins: fields.flag("most_specific_header_mutations_wins") ??
      false,
    ignorePort: fields.flag("ignore_port_in_host_matching") ?? false,
    metadata: readMetadata(fields),
  };
}

/** Reports a domain that was there before. */
function once(
  fields: Fields,
  seen: Map<string, string>,
  domain: string,
  path: string,
): void {
  const before = seen.get(domain);
  if (before === undefined) seen.set(domain, path);
  else {
    fields.check.problem(
      path,
      `found domain ${show(domain)} a second time, after ${before}`,
    );
  }
}

function readHost(
  fields: Fields,
  options: EnvoyOptions,
  limit: number,
): VirtualHost {
  const name = fields.required("name");
  const domains = fields.texts("domains").map((domain) => domain.toLowerCase());
  if (domains.length === 0) {
    fields.check.expected(
      fields.at("domains"),
      undefined,
      'one domain or more, e.g. "*"',
    );
  }
  for (const [i, domain] of domains.entries()) {
    if (/[\0\r\n]/.test(domain)) {
      fields.check.expected(
        `${fields.at("domains")}[${i}]`,
        domain,
        "a domain in one line",
      );
    }
  }
  const tls = fields.choice("require_tls", {
    NONE: 0,
    EXTERNAL_ONLY: 1,
    ALL: 2,
  });
  if (tls === "EXTERNAL_ONLY") {
    fields.check.expected(fields.at("require_tls"), tls, '"NONE" or "ALL"');
  }
  return {
    name,
    domains,
    routes: fields.repeated(
      "routes",
      (route) => readRoute(route, options, limit),
    ),
    headers: readHeaderChanges(fields),
    requireTls: tls === "ALL" ? "all" : "none",
    metadata: readMetadata(fields),
  };
}

function readRoute(
  fields: Fields,
  options: EnvoyOptions,
  limit: number,
): Route {
  // It names statistics of its own, which nothing here counts, and traces.
  fields.ignored(
    "stat_prefix",
    "has no effect: routes have no statistics here",
  );
  fields.message("decorator", (decorator) => {
    decorator.required("operation");
    decorator.flag("propagate");
  });
  const match = fields.requiredMessage("match", readRouteMatch) ?? {
    path: { kind: "prefix", value: "", caseSensitive: true },
    headers: [],
    query: [],
    grpc: false,
  };
  return {
    name: fields.text("name"),
    match,
    action: readAction(fields, match.path, options, limit),
    headers: readHeaderChanges(fields),
    metadata: readMetadata(fields),
  };
}
