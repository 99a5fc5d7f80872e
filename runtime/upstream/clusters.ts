/** Clusters at work: endpoints in turn, a client for each. */
import { Addresses } from "./addresses.ts";
import type { ClusterConfig } from "./cluster_config.ts";
import { connect } from "./connect.ts";
import { Failure } from "./failure.ts";
import { requestHead } from "./fields.ts";
import { Http1Client } from "./http1/client.ts";
import { Http2Client } from "./http2/client.ts";
import type { Pair } from "../http/fields.ts";
import type { RequestStream, ResponseSink } from "./stream.ts";
import type { Endpoint } from "./target.ts";

export class Cluster {
  readonly config: ClusterConfig;
  readonly #clients: (Http1Client | Http2Client | undefined)[] = [];
  readonly #addresses: readonly Addresses[];
  #turn = 0;

  constructor(config: ClusterConfig) {
    this.config = config;
    this.#addresses = config.endpoints.map(({ host }) => new Addresses(host));
  }

  /**
   * Begins an exchange with the endpoint whose turn it is; `pairs` carry pseudo fields.
   * @throws {Failure} `request`, `overflow` or `no endpoint`; all else the sink is told.
   */
  request(
    pairs: readonly Pair[],
    end: boolean,
    sink: ResponseSink,
  ): RequestStream {
    if (this.config.protocol === "tcp") {
      throw new Failure("request", "the cluster is of TCP, not HTTP");
    }
    const head = requestHead(pairs);
    return this.#client(this.#next()).start(head, end, sink);
  }

  /** A plain connection to the endpoint whose turn it is. @throws {Failure} */
  async connect(): Promise<Deno.Conn> {
    return await this.#connect(this.#next());
  }

  close(): void {
    for (const client of this.#clients) client?.close();
    this.#clients.length = 0;
  }

  #next(): number {
    const { length } = this.config.endpoints;
    if (length === 0) {
      throw new Failure("no endpoint", "the cluster has no endpoint");
    }
    const at = this.#turn % length;
    this.#turn = at + 1;
    return at;
  }

  #connect(at: number): Promise<Deno.Conn> {
    return connect(this.#endpoint(at), this.config, this.#addresses[at]!);
  }

  #endpoint(at: number): Endpoint {
    return this.config.endpoints[at]!;
  }

  #client(at: number): Http1Client | Http2Client {
    const endpoint = this.#endpoint(at);
    return this.#clients[at] ??= this.config.protocol === "http2"
      ? new Http2Client(endpoint, this.config)
      : new Http1Client(() => this.#connect(at));
  }
}

/** Clusters by name, each made when it is first asked for. */
export class Clusters {
  readonly #configs: ReadonlyMap<string, ClusterConfig>;
  readonly #clusters = new Map<string, Cluster>();

  constructor(configs: Readonly<Record<string, ClusterConfig>>) {
    this.#configs = new Map(Object.entries(configs));
  }

  find(name: string): Cluster | undefined {
    let cluster = this.#clusters.get(name);
    if (cluster) return cluster;
    const config = this.#configs.get(name);
    if (!config) return undefined;
    this.#clusters.set(name, cluster = new Cluster(config));
    return cluster;
  }

  close(): void {
    for (const cluster of this.#clusters.values()) cluster.close();
    this.#clusters.clear();
  }
}
