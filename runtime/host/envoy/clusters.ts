/** Clusters of a file of Envoy's shape as the upstreams take them. */
import type { EnvoyCluster } from "../../config/envoy/model.ts";
import type { ClusterConfig } from "../../upstream/cluster_config.ts";

/** By name. */
export function clustersOf(
  clusters: readonly EnvoyCluster[],
): Record<string, ClusterConfig> {
  return Object.fromEntries(
    clusters.map((cluster) => [cluster.name, configOf(cluster)]),
  );
}

function configOf(
  { endpoints, http2, tls, connectTimeout }: EnvoyCluster,
): ClusterConfig {
  const decoder = new TextDecoder();
  return {
    // A heavier endpoint has more turns.
    endpoints: endpoints.flatMap(({ host, port, weight }) =>
      Array.from({ length: Math.max(1, weight) }, () => ({ host, port }))
    ),
    protocol: http2 ? "http2" : "http1",
    ...tls && {
      tls: tls.trustedCa ? { caCerts: [decoder.decode(tls.trustedCa)] } : {},
    },
    connectTimeout,
  };
}
