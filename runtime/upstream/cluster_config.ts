/** What a cluster is made of, whichever file it was written in. */
import type { Endpoint, Target } from "./target.ts";

/** What is spoken to a cluster's endpoints. */
export type Protocol = "http1" | "http2" | "tcp";

/** Time to make a connection unless a cluster says otherwise, Envoy's own: milliseconds. */
export const CONNECT_TIMEOUT = 5000;

export interface ClusterConfig {
  /** Taken in turn. A host name stands for all addresses it has when a connection is made. */
  readonly endpoints: readonly Endpoint[];
  /** `http2` without TLS starts HTTP/2 at once (prior knowledge), as gRPC does. */
  readonly protocol: Protocol;
  /** Set where connections are TLS; certificates are checked for the endpoint's host name. */
  readonly tls?: {
    /** PEM certificates of authorities besides the system's. */
    readonly caCerts?: readonly string[];
  };
  /** Milliseconds. */
  readonly connectTimeout: number;
}

/** A cluster of one endpoint. */
export function clusterOf({ scheme, endpoint }: Target): ClusterConfig {
  return {
    endpoints: [endpoint],
    protocol: scheme === "tcp" ? "tcp" : "http1",
    ...scheme === "https" && { tls: {} },
    connectTimeout: CONNECT_TIMEOUT,
  };
}
