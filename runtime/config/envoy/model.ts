/**
 * What a file of Envoy's shape asks for, as plain data: every value can be cloned into an isolate. Names follow Envoy's
 * (`envoy.config.bootstrap.v3.Bootstrap` and what it holds), defaults are filled in, times are milliseconds.
 */
import type { RouteTable } from "./route_model.ts";

export interface EnvoyConfig {
  readonly shape: "envoy";
  readonly node: EnvoyNode;
  /** Where the admin endpoints are; absent: nowhere. */
  readonly admin?: Address;
  readonly listeners: readonly EnvoyListener[];
  /** Plugins of `bootstrap_extensions`: they run without traffic. */
  readonly services: readonly WasmService[];
  readonly clusters: readonly EnvoyCluster[];
  /** What was read and has no effect here: one log line each. */
  readonly notices: readonly string[];
}

export interface EnvoyNode {
  readonly id: string;
  readonly cluster: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly locality: {
    readonly region: string;
    readonly zone: string;
    readonly subZone: string;
  };
}

export interface Address {
  /** An IP address. */
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export type TrafficDirection = 0 | 1 | 2;

interface ListenerBase {
  /** "" where the file gives none; Envoy then makes up one. */
  readonly name: string;
  readonly address: Address;
  /** 0 unspecified, 1 inbound, 2 outbound: the property `listener_direction`. */
  readonly direction: TrafficDirection;
  /** The property `listener_metadata`: what stands under `filter_metadata`. */
  readonly metadata: Metadata;
  /** Stands for the address in the names of the listener's statistics; "" where the file gives none. */
  readonly statPrefix: string;
  /** The listener's path in the file, for errors. */
  readonly place: string;
}

export type EnvoyListener = HttpListener | TcpListener;

export interface HttpListener extends ListenerBase {
  readonly kind: "http";
  readonly codec: "auto" | "http1" | "http2";
  /** The statistics are `http.<prefix>.…`. */
  readonly httpStatPrefix: string;
  /** Wasm HTTP filters in the order requests pass them. */
  readonly filters: readonly PluginRef[];
  /** Whether there is a router; without one, which there is only where no filter is either, no request is answered. */
  readonly hasRouter: boolean;
  readonly routes: RouteTable;
  /** Trailers of HTTP/1.1 go through; those of HTTP/2 always do. */
  readonly trailers: boolean;
}

export interface TcpListener extends ListenerBase {
  readonly kind: "tcp";
  /** Network wasm filters before the proxy, in order. */
  readonly networkFilters: readonly PluginRef[];
  readonly proxy: TcpProxy;
}

export interface TcpProxy {
  readonly statPrefix: string;
  /** At least one; the weights are 1 or more. */
  readonly clusters: readonly WeightedName[];
}

export interface WeightedName {
  readonly name: string;
  readonly weight: number;
}

/** A filter of a chain. */
export interface PluginRef {
  /** The filter's own name in its chain. */
  readonly filterName: string;
  readonly plugin: PluginConfig;
}

export interface WasmService {
  readonly name: string;
  readonly plugin: PluginConfig;
  /** One instance for the process, otherwise one for each worker. */
  readonly singleton: boolean;
}

/** `envoy.extensions.wasm.v3.PluginConfig`. */
export interface PluginConfig {
  readonly name: string;
  readonly rootId: string;
  /** Plugins of equal `vmId`, code and VM configuration share a VM. */
  readonly vmId: string;
  readonly code: CodeSource;
  /** As `proxy_on_vm_start` is told. */
  readonly vmConfiguration: Uint8Array;
  /** As `proxy_on_configure` is told. */
  readonly configuration: Uint8Array;
  /** The VM's variables, those taken from this process among them. */
  readonly environment: Readonly<Record<string, string>>;
  /** What becomes of streams when the VM has failed. */
  readonly onFailure: "close" | "open" | "reload";
  /** Names of the host calls and callbacks that the module may use; absent: all. */
  readonly allowedCapabilities?: readonly string[];
  /** Headers that a plugin stops are held alone; unset, the body waits with them. */
  readonly headersAlone: boolean;
  /** The plugin's path in the file, for errors. */
  readonly place: string;
}

/** A file is named by its absolute path, so that reading and compiling it can be shared. */
export type CodeSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array };

/** `filter_metadata`: fields by namespace. */
export type Metadata = Readonly<
  Record<string, Readonly<Record<string, unknown>>>
>;

export interface EnvoyCluster {
  readonly name: string;
  /** `LOGICAL_DNS` is resolved as `STRICT_DNS`. */
  readonly type: "static" | "strict_dns";
  readonly connectTimeout: number;
  readonly policy: "round_robin" | "least_request" | "random";
  readonly addressFamily: "auto" | "v4" | "v6" | "v4_preferred" | "all";
  readonly endpoints: readonly Endpoint[];
  readonly http2: boolean;
  readonly tls?: UpstreamTls;
  /** The property `cluster_metadata`. */
  readonly metadata: Metadata;
  readonly place: string;
}

export interface Endpoint {
  /** An IP address, or a name where the cluster's type is `strict_dns`. */
  readonly host: string;
  readonly port: number;
  /** What `auto_host_rewrite` puts into the authority: the endpoint's `hostname`, else its address. */
  readonly hostname: string;
  readonly weight: number;
}

export interface UpstreamTls {
  /** "" sends none. */
  readonly sni: string;
  /** PEM. Absent: the server's certificate is not checked, as Envoy does without a validation context. */
  readonly trustedCa?: Uint8Array;
  /** The system's roots are trusted. */
  readonly systemRoots: boolean;
  readonly alpn: readonly string[];
}
