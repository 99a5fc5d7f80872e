/** Both ends of a port without an isolate between them, and servers that behave as a test says. */
import type { HostFunction } from "../../../runtime/function/function.ts";
import type { StreamMessage } from "../../../runtime/isolate/upstream_messages.ts";
import type { Pair } from "../../../runtime/http/fields.ts";
import {
  type UpstreamExchange,
  UpstreamStreams,
} from "../../../runtime/isolate/worker/upstream.ts";
import { UpstreamBroker } from "../../../runtime/upstream/broker.ts";
import {
  type ClusterConfig,
  clusterOf,
} from "../../../runtime/upstream/cluster_config.ts";
import { reachOf } from "../../../runtime/upstream/names.ts";
import { parseTarget } from "../../../runtime/upstream/target.ts";

/** The number of the function in these tests. */
export const FN = 1;

/** A response as a whole. */
export interface Received {
  headers: Pair[];
  status: string;
  body: string;
  trailers: Pair[] | undefined;
  reset: string | undefined;
  /** Names of the events in order; `!` marks the end. */
  events: string[];
}

export interface Settings {
  clusters?: Record<string, ClusterConfig>;
  calls?: string;
  upstream?: string;
}

export class Port implements Disposable {
  /** Messages that crossed, each way. */
  readonly crossed = { out: 0, in: 0 };
  /** Why there were local replies or resets. */
  readonly failures: string[] = [];
  readonly streams: UpstreamStreams;
  readonly broker: UpstreamBroker;
  readonly fn: HostFunction;

  constructor({ clusters = {}, calls = "", upstream = "" }: Settings) {
    const { reach, own } = reachOf({ calls, upstream }, clusters);
    this.fn = { fn: FN, spec: { reach }, ownClusters: own } as HostFunction;
    this.broker = new UpstreamBroker(
      clusters,
      (_fn, name, why) => this.failures.push(`${name}: ${why}`),
    );
    const back = (message: StreamMessage) => {
      this.crossed.in++;
      const copy = structuredClone(message);
      setTimeout(() => this.streams.take(copy));
    };
    this.streams = new UpstreamStreams((message) => {
      this.crossed.out++;
      const copy = structuredClone(message);
      setTimeout(() => this.broker.take(this.fn, copy, back));
    });
  }

  /** Sends a request in one go and waits for all of the response. */
  request(
    name: string,
    pairs: Iterable<readonly [string, string]>,
    { body, trailers, timeout = 0 }: {
      body?: string | Uint8Array;
      trailers?: Pair[];
      timeout?: number;
    } = {},
  ): Promise<Received> {
    const { exchange, received } = this.open(name, timeout);
    const bytes = typeof body === "string" ? latin1(body) : body;
    exchange.sendHeaders(pairs, !bytes && !trailers);
    if (bytes) exchange.sendData(bytes, !trailers);
    if (trailers) exchange.sendTrailers(trailers);
    return received;
  }

  /** Opens an exchange whose received data is used up at once. */
  open(
    name: string,
    timeout = 0,
    drain?: () => void,
  ): { exchange: UpstreamExchange; received: Promise<Received> } {
    const done = Promise.withResolvers<Received>();
    const received: Received = {
      headers: [],
      status: "",
      body: "",
      trailers: undefined,
      reset: undefined,
      events: [],
    };
    const event = (name: string, end: boolean) => {
      received.events.push(name + (end ? "!" : ""));
      if (end) done.resolve(received);
    };
    const exchange = this.streams.http(FN, name, timeout, {
      headers(pairs, end) {
        received.headers = pairs;
        received.status = pairs[0]?.[1] ?? "";
        event("headers", end);
      },
      data(bytes, end) {
        received.body += text(bytes);
        exchange.consumed(bytes.length);
        event("data", end);
      },
      trailers(pairs) {
        received.trailers = pairs;
        event("trailers", true);
      },
      reset(reason) {
        received.reset = reason;
        event("reset", true);
      },
      drain,
    });
    return { exchange, received: done.promise };
  }

  [Symbol.dispose](): void {
    this.broker.close();
  }
}

/** The pairs of a request; `fields` come after the pseudo ones. */
export function get(path = "/", ...fields: Pair[]): Pair[] {
  return request("GET", path, ...fields);
}

export function request(
  method: string,
  path: string,
  ...fields: Pair[]
): Pair[] {
  return [
    [":method", method],
    [":path", path],
    [":authority", "test.example"],
    [":scheme", "http"],
    ...fields,
  ];
}

export function cluster(
  target: string,
  more: Partial<ClusterConfig> = {},
): ClusterConfig {
  return { ...clusterOf(parseTarget(target)!), ...more };
}

/** A TCP server on loopback whose connections do as `serve` says; it counts them. */
export class RawServer implements Disposable {
  connections = 0;
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #open = new Set<Deno.Conn>();

  constructor(serve: (peer: Peer, connection: number) => Promise<unknown>) {
    this.#accept(serve);
  }

  get port(): number {
    return (this.#listener.addr as Deno.NetAddr).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const socket of this.#open) close(socket);
  }

  async #accept(serve: (peer: Peer, n: number) => Promise<unknown>) {
    for await (const socket of this.#listener) {
      this.#open.add(socket);
      serve(new Peer(socket), ++this.connections).catch(() => {});
    }
  }
}

/** The server's end of one connection. */
export class Peer {
  #buffered = "";

  constructor(readonly socket: Deno.Conn) {}

  /** Everything up to and with `end`. */
  async until(end: string): Promise<string> {
    const buffer = new Uint8Array(64 * 1024);
    for (;;) {
      const at = this.#buffered.indexOf(end);
      if (at >= 0) {
        const found = this.#buffered.slice(0, at + end.length);
        this.#buffered = this.#buffered.slice(at + end.length);
        return found;
      }
      const count = await this.socket.read(buffer);
      if (count === null) throw new Error("the connection was closed");
      this.#buffered += text(buffer.subarray(0, count));
    }
  }

  /** A request's head. */
  head(): Promise<string> {
    return this.until("\r\n\r\n");
  }

  /** What came after the last thing that was asked for. */
  rest(): string {
    const rest = this.#buffered;
    this.#buffered = "";
    return rest;
  }

  async send(message: string): Promise<void> {
    const bytes = latin1(message);
    for (let at = 0; at < bytes.length;) {
      at += await this.socket.write(bytes.subarray(at));
    }
  }

  close(): void {
    close(this.socket);
  }
}

function close(socket: Deno.Conn): void {
  try {
    socket.close();
  } catch {
    // Closed already.
  }
}

/** Bytes as a byte string. */
export function text(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 4096) {
    text += String.fromCharCode(...bytes.subarray(i, i + 4096));
  }
  return text;
}

/** A byte string as bytes. */
export function latin1(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}
