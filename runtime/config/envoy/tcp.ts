/** `envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy`. */
import { checkWeights } from "./actions.ts";
import type { Fields } from "./fields.ts";
import type { TcpProxy, WeightedName } from "./model.ts";

export function readTcpProxy(fields: Fields): TcpProxy {
  fields.ignored("access_log", "has no effect: there is no access log here");
  const idle = fields.duration("idle_timeout") ?? 0;
  if (idle > 0) {
    fields.ignored(
      "idle_timeout",
      "has no effect: connections may be silent for any time",
    );
  }
  const attempts = fields.whole("max_connect_attempts", 1, 2 ** 32 - 1) ?? 1;
  if (attempts > 1) {
    fields.check.expected(
      fields.at("max_connect_attempts"),
      attempts,
      "1: a connection is tried once",
    );
  }
  return {
    statPrefix: fields.required("stat_prefix"),
    clusters: readClusters(fields),
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
