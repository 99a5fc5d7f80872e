/** Clusters of a file of Envoy's shape as the clients of upstreams take them. */
import type { ClusterConfig } from "../../upstream/cluster_config.ts";
import type { EnvoyCluster } from "./model.ts";

/** @param use what its users speak to it: a TCP proxy bytes, everything else HTTP. */
export function toClusterConfig(
  cluster: EnvoyCluster,
  use: "http" | "tcp",
): ClusterConfig {
  const { endpoints, http2, tls, connectTimeout } = cluster;
  const ca = tls?.trustedCa;
  return {
    endpoints: endpoints.map(({ host, port }) => ({ host, port })),
    protocol: use === "tcp" ? "tcp" : http2 ? "http2" : "http1",
    ...tls && { tls: ca ? { caCerts: [new TextDecoder().decode(ca)] } : {} },
    connectTimeout,
  };
}
