/** Listeners that a configuration names one by one, each with a chain of functions, as an isolate is told of them. */
import type { RouteTable } from "../config/envoy/route_model.ts";

interface Common {
  hostname: string;
  port: number;
  /** Other isolates listen there too. */
  shared: boolean;
  /** In the order in which requests go through them. */
  functions: number[];
  /** The function in whose name streams to the outside are opened. */
  owner: number;
  /** Names of the clusters there are. */
  clusters: string[];
  /** Bytes that each function may hold of either direction. */
  limit: number;
}

export type ListenerSpec =
  | Common & {
    kind: "http";
    routes: RouteTable;
    /** Trailers of HTTP/1.1 go through; those of HTTP/2 always do. */
    trailers: boolean;
  }
  | Common & {
    kind: "tcp";
    /** One is picked for each connection. */
    upstreams: { name: string; weight: number }[];
  };
