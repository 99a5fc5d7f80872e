/** Everything functions have open to the outside: who may reach what, and an end to it when a function ends. */
import type { HostFunction } from "../function/function.ts";
import type { StreamMessage } from "../isolate/upstream_messages.ts";
import type { ClusterConfig } from "./cluster_config.ts";
import { type Cluster, Clusters } from "./clusters.ts";
import { HttpLine, type Line, type LineOptions, TcpLine } from "./line.ts";

/** Streams one function may have open in one isolate; more are reset at once. */
const MAX_STREAMS = 16 * 1024;

/** Hears why a function's stream got an answer of ours or broke off. */
export type Failed = (fn: HostFunction, name: string, why: string) => void;

/** The way back to an isolate, one object for each. */
type Send = (message: StreamMessage) => void;

/** What one function has. */
interface Holder {
  readonly clusters: Clusters;
  /** By isolate, since a function may be in several, and each counts its streams from 1. */
  readonly lines: Map<Send, Map<number, Line>>;
}

export class UpstreamBroker {
  readonly #clusters: Clusters;
  readonly #failed: Failed;
  readonly #holders = new Map<HostFunction, Holder>();

  /** @param clusters those of the configuration, common to all functions. */
  constructor(
    clusters: Readonly<Record<string, ClusterConfig>>,
    failed: Failed,
  ) {
    this.#clusters = new Clusters(clusters);
    this.#failed = failed;
  }

  /** Takes one message of a function's isolate; `send` is the way back. */
  take(
    fn: HostFunction,
    message: StreamMessage,
    send: Send,
  ): void {
    let holder = this.#holders.get(fn);
    if (!holder) {
      holder = { clusters: new Clusters(fn.ownClusters), lines: new Map() };
      this.#holders.set(fn, holder);
    }
    const line = holder.lines.get(send)?.get(message.n);
    if (message.open === undefined) return line?.take(message);
    if (!line) this.#open(fn, holder, message, message.open, send);
  }

  /** Resets what a function that ended has open, and closes connections of its own. */
  forget(fn: HostFunction): void {
    const holder = this.#holders.get(fn);
    this.#holders.delete(fn);
    for (const lines of holder?.lines.values() ?? []) {
      for (const line of [...lines.values()]) {
        line.cancel("the function is stopping");
      }
    }
    holder?.clusters.close();
  }

  /** Streams open now. */
  get size(): number {
    let size = 0;
    for (const { lines } of this.#holders.values()) {
      for (const { size: open } of lines.values()) size += open;
    }
    return size;
  }

  close(): void {
    for (const fn of [...this.#holders.keys()]) this.forget(fn);
    this.#clusters.close();
  }

  #open(
    fn: HostFunction,
    holder: Holder,
    message: StreamMessage,
    { kind, name }: NonNullable<StreamMessage["open"]>,
    send: Send,
  ): void {
    let lines = holder.lines.get(send);
    if (!lines) holder.lines.set(send, lines = new Map());
    const { n } = message;
    const refuse = (reason: string) =>
      send({ t: "stream", fn: fn.fn, n, reset: reason });
    if (lines.size >= MAX_STREAMS) {
      return refuse(`the function has ${MAX_STREAMS} streams open already`);
    }
    const cluster = this.#find(fn, holder, name);
    let over = false;
    const options: LineOptions = {
      fn: fn.fn,
      n,
      send,
      over: () => {
        over = true;
        lines.delete(n);
      },
      failed: (why) => this.#failed(fn, name, why.message),
    };
    if (kind === "tcp" && !cluster) return refuse(`no upstream ${name}`);
    const line = kind === "tcp"
      ? new TcpLine(cluster!, message, options)
      : new HttpLine(cluster, message, options);
    // A request that cannot be sent is over before it is kept.
    if (!over) lines.set(n, line);
  }

  #find(fn: HostFunction, holder: Holder, name: string): Cluster | undefined {
    const { names, upstream } = fn.spec.reach;
    if (name !== upstream?.name && !names.includes(name)) return undefined;
    return holder.clusters.find(name) ?? this.#clusters.find(name);
  }
}
