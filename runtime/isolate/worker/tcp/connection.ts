/**
 * One TCP connection through a chain of functions to an upstream: what the client sends goes through them in order, what
 * the upstream sends in reverse (ABI.md §2.4).
 */
import {
  Peer,
  type TcpStream,
  type TcpStreamOwner,
} from "../../../../abi/mod.ts";
import type { Facts } from "../../../../abi/host.ts";
import { unpackEnds } from "../../upstream_messages.ts";
import { tcpFacts } from "../../../ingress/facts.ts";
import type { Link } from "../http/exchange.ts";
import type {
  TcpEvents,
  TcpStream as UpstreamConnection,
} from "../upstream.ts";
import { TcpClient } from "./client.ts";

const NOTHING = new Uint8Array(0);

export interface ConnectionOptions {
  /** Connects to what is at the end of the chain. */
  connect(events: TcpEvents): UpstreamConnection;
  /** Bytes that each function may hold of either direction. */
  limit: number;
  /** Called once, when both connections are over. */
  over(): void;
}

export class TcpConnection {
  readonly #client: TcpClient;
  readonly #streams: TcpStream[] = [];
  readonly #options: ConnectionOptions;
  readonly #facts: Facts;
  readonly #holders = {
    downstream: new Set<unknown>(),
    upstream: new Set<unknown>(),
  };
  #upstream: UpstreamConnection | undefined;
  /** Functions that know that the upstream has closed. */
  readonly #told = new Set<number>();
  #clientEnded = false;
  #upstreamClosed = false;
  /** Received from the upstream and not yet said to be used, since somebody waits. */
  #unused = 0;
  #over = false;

  constructor(
    conn: Deno.TcpConn,
    links: readonly Link[],
    options: ConnectionOptions,
  ) {
    this.#options = options;
    this.#client = new TcpClient(conn, {
      data: (bytes, end) => this.#fromClient(bytes, end),
      broken: () => this.#finish(Peer.remote),
      pressure: (on) => this.#hold("upstream", this.#client, on),
    });
    const facts = this.#facts = tcpFacts(conn);
    links.forEach(({ fn, slot }, i) =>
      this.#streams.push(
        slot.instance.openTcp(
          this.#owner(i),
          options.limit,
          slot.roots.get(fn),
          facts,
        ),
      )
    );
  }

  /** Begins: the first function is told of the connection. */
  start(): void {
    this.#open(0);
    this.#client.read();
  }

  #owner(index: number): TcpStreamOwner {
    return {
      accepted: () => this.#open(index + 1),
      up: (bytes, end) => this.#up(index + 1, bytes, end),
      down: (bytes, end) => {
        if (end) this.#tellClosed(index);
        this.#down(index - 1, bytes, end);
      },
      // Envoy closes the client's connection whichever side is named.
      close: () => this.#finish(Peer.local),
      pressure: (side, on) => this.#hold(side, index, on),
      failed: () => this.#finish(Peer.local),
    };
  }

  /** Function `index` is asked whether it takes the connection; past the last, the upstream is connected. */
  #open(index: number): void {
    if (this.#over) return;
    const stream = this.#streams[index];
    if (stream !== undefined) return stream.open();
    this.#upstream = this.#options.connect({
      connected: (ends) => Object.assign(this.#facts, unpackEnds(ends)),
      data: (bytes, end) => this.#fromUpstream(bytes, end),
      closed: (reason) => this.#upstreamGone(reason),
      drain: () => this.#hold("downstream", "upstream", false),
    });
  }

  #fromClient(bytes: Uint8Array, end: boolean): void {
    if (end) this.#clientEnded = true;
    this.#up(0, bytes, end);
    // Both directions have ended.
    if (end && this.#upstreamClosed) this.#finish(Peer.remote);
  }

  #fromUpstream(bytes: Uint8Array, end: boolean): void {
    this.#unused += bytes.length;
    this.#down(this.#streams.length - 1, bytes, end);
    this.#use();
    if (end) this.#upstreamGone(undefined, true);
  }

  #up(index: number, bytes: Uint8Array, end: boolean): void {
    if (this.#over) return;
    const stream = this.#streams[index];
    if (stream !== undefined) return stream.fromDownstream(bytes, end);
    if (this.#upstream?.send(bytes, end) === false) {
      this.#hold("downstream", "upstream", true);
    }
  }

  #down(index: number, bytes: Uint8Array, end: boolean): void {
    if (this.#over) return;
    const stream = this.#streams[index];
    if (stream !== undefined) stream.fromUpstream(bytes, end);
    else this.#client.write(bytes, end);
  }

  /** The upstream has ended; `told`: the client has heard so. */
  #upstreamGone(reason: string | undefined, told = false): void {
    if (this.#over || this.#upstreamClosed) return;
    this.#upstreamClosed = true;
    // Those through which its end has not gone; who holds it back hears when the connection is over.
    if (!told) { for (const i of this.#streams.keys()) this.#tellClosed(i); }
    if (reason !== undefined || this.#clientEnded) {
      return this.#finish(Peer.local);
    }
    // The client may still have something to say, which nobody hears; it hears that there is no more.
    if (!told) this.#client.write(NOTHING, true);
  }

  /** Function `index` hears, once, that the upstream has closed. */
  #tellClosed(index: number): void {
    if (this.#told.has(index)) return;
    this.#told.add(index);
    this.#streams[index]!.upstreamClosed(Peer.unknown);
  }

  #hold(side: "downstream" | "upstream", who: unknown, on: boolean): void {
    const holders = this.#holders[side];
    if (on) holders.add(who);
    else holders.delete(who);
    if (side === "downstream") this.#client.hold(holders.size > 0);
    else this.#use();
  }

  /** Lets the upstream send as much again as was used. */
  #use(): void {
    if (this.#unused === 0 || this.#holders.upstream.size > 0) return;
    this.#upstream?.consumed(this.#unused);
    this.#unused = 0;
  }

  #finish(by: Peer): void {
    if (this.#over) return;
    this.#over = true;
    this.#upstream?.close();
    this.#client.close();
    for (const stream of this.#streams) {
      stream.downstreamClosed(by);
      stream.end();
    }
    this.#options.over();
  }
}
