/** The names by which a function reaches the outside: its own upstream, the configuration's clusters, permitted authorities. */
import { type ClusterConfig, clusterOf } from "./cluster_config.ts";
import { parseTarget, type Target } from "./target.ts";

/** The upstream a setting names: an address, or a cluster's name. */
export type Upstream =
  | { readonly target: Target }
  | { readonly cluster: string };

/** What a function may reach, by the names its isolate knows. */
export interface Reach {
  /** The service behind the function, where it is a filter. */
  readonly upstream?: {
    readonly kind: "http" | "tcp";
    /** What `openUpstream` or `openTcp` take. */
    readonly name: string;
  };
  /** What `proxy_http_call` and the gRPC calls may name, clusters of TCP left out. */
  readonly names: readonly string[];
}

/** @returns undefined where `text` is neither an address nor could be a cluster's name. */
export function readUpstream(text: string): Upstream | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return text === "" ? undefined : { cluster: text };
  }
  const target = parseTarget(text);
  return target && { target };
}

/** A list with commas between; undefined where an entry is no address of an HTTP service. */
export function readAuthorities(
  text: string,
): ReadonlyMap<string, Target> | undefined {
  const found = new Map<string, Target>();
  for (const part of text.split(",").map((part) => part.trim())) {
    if (part === "") continue;
    const target = parseTarget(part);
    if (!target || target.scheme === "tcp") return undefined;
    found.set(part, target);
  }
  return found;
}

/** What a function's settings and its host's clusters let it reach, and what the names stand for that no cluster has. */
export interface Reachable {
  readonly reach: Reach;
  /** Its own upstream and its authorities, where no cluster has that name. */
  readonly own: Readonly<Record<string, ClusterConfig>>;
}

/**
 * @param place of the setting `upstream`, for the error.
 * @throws {Error} an upstream that is no cluster.
 */
export function reachOf(
  settings: { readonly upstream: string; readonly calls: string },
  clusters: Readonly<Record<string, ClusterConfig>>,
): Reachable {
  const own = new Map<string, ClusterConfig>();
  const names = new Set<string>();
  for (const [name, { protocol }] of Object.entries(clusters)) {
    if (protocol !== "tcp") names.add(name);
  }
  for (const [name, target] of readAuthorities(settings.calls) ?? []) {
    names.add(name);
    if (!Object.hasOwn(clusters, name)) own.set(name, clusterOf(target));
  }
  const wanted = readUpstream(settings.upstream);
  const reach: Reach = {
    names: [...names],
    ...wanted && {
      upstream: {
        kind: upstreamKind(wanted, clusters),
        name: settings.upstream,
      },
    },
  };
  if (wanted && "target" in wanted && !own.has(settings.upstream)) {
    own.set(settings.upstream, clusterOf(wanted.target));
  }
  return { reach, own: Object.fromEntries(own) };
}

function upstreamKind(
  wanted: Upstream,
  clusters: Readonly<Record<string, ClusterConfig>>,
): "http" | "tcp" {
  if ("target" in wanted) {
    return wanted.target.scheme === "tcp" ? "tcp" : "http";
  }
  const { cluster } = wanted;
  if (!Object.hasOwn(clusters, cluster)) {
    const known = Object.keys(clusters);
    throw new Error(
      `setting upstream: found ${
        JSON.stringify(cluster)
      }, expected http://host:port, tcp://host:port or a cluster of the configuration (${
        known.length === 0 ? "it has none" : known.join(", ")
      })`,
    );
  }
  return clusters[cluster]!.protocol === "tcp" ? "tcp" : "http";
}
