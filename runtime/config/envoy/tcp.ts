/** `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`. */
import { checkWeights } from "./actions.ts";
import type { Fields } from "./fields.ts";
import type { TcpProxy, WeightedName } from "./model.ts";

/** Envoy's own, milliseconds. */
const IDLE_TIMEOUT = 3_600_000;

export function readTcpProxy(fields: Fields): TcpProxy {
  fields.ignored("access_log", "has no effect: there is no access log here");
  return {
    statPrefix: fields.required("stat_prefix"),
    clusters: readClusters(fields),
    idleTimeout: fields.duration("idle_timeout") ?? IDLE_TIMEOUT,
    maxConnectAttempts: fields.whole("max_connect_attempts", 1, 2 ** 32 - 1) ??
      1,
  };
}

function readClusters(fields: Fields): WeightedName[] {
  const kind = fields.exactlyOne(["cluster", "weighted_clusters"]);
  if (kind === "cluster") return [{ name: fields.required(kind), weight: 1 }];
  if (kind === undefined) return [];
  return fields.message(kind, (weighted) => {
    const clusters = weighted.repeated("clusters", (cluster) => {
      const weight = cluster.whole("weight", 1, 2 ** 32 - 1);
      if (!cluster.has("weight")) {
        cluster.check.expected(
          cluster.at("weight"),
          undefined,
          "a whole number of 1 or more",
        );
      }
      return { name: cluster.required("name"), weight: weight ?? 1 };
    });
    checkWeights(weighted, clusters);
    return clusters;
  }) ?? [];
}
