/**
 * Streams to the outside as a function isolate has them: opened by name, served by the host's main isolate, which has
 * the network. What is said in one turn crosses the port as one message.
 */
import {
  packFields,
  type StreamMessage,
  unpackFields,
} from "../upstream_messages.ts";
import type { Pair } from "../../http/fields.ts";
import { type Post, Stream } from "./stream.ts";

/** Told of a response. Calls come in order; the last has `end`, or is `trailers` or `reset`. */
export interface UpstreamEvents {
  /** The ends of the connection that the response comes over, packed; before its headers. */
  connected?(ends: string): void;
  /**
   * `:status` first, names in lower case, otherwise as the server wrote them, those of one connection included. Where
   * there is no response it is one of ours (`local`), as Envoy has it: 503, 502 or 504 with a line of text.
   */
  headers(pairs: Pair[], end: boolean, local: boolean): void;
  /** The bytes are the receiver's, who says `consumed` of them or soon gets no more. */
  data(bytes: Uint8Array, end: boolean): void;
  trailers(pairs: Pair[]): void;
  /** The response broke off after it began, or the function is stopping. */
  reset(reason: string): void;
  /** More may be sent. */
  drain?(): void;
}

/** A request under way. Nothing here throws; after the end of either the request or the response, calls do nothing. */
export interface UpstreamExchange {
  /** Once, before all else. */
  sendHeaders(pairs: Iterable<readonly [string, string]>, end: boolean): void;
  /** Copies the bytes. False: over the window, wait for `drain`. */
  sendData(bytes: Uint8Array, end: boolean): boolean;
  sendTrailers(pairs: Iterable<readonly [string, string]>): void;
  /** Bytes of data that did not leave for the network yet, as far as is known here. */
  readonly unsent: number;
  /** So many bytes of received data were used up: more may come. */
  consumed(bytes: number): void;
  /** Gives up; no event comes any more. */
  reset(): void;
}

export interface TcpEvents {
  /** The connection was made; its ends, packed. */
  connected?(ends: string): void;
  /** With `end` the other end will send nothing more. */
  data(bytes: Uint8Array, end: boolean): void;
  /** Both directions are over; `reason` where that was no orderly end, a connection that was never made included. */
  closed(reason: string | undefined): void;
  drain?(): void;
}

export interface TcpStream {
  /** Copies the bytes; `end` closes this direction. False: over the window, wait for `drain`. */
  send(bytes: Uint8Array, end: boolean): boolean;
  consumed(bytes: number): void;
  /** Closes both directions at once; no event comes any more. */
  close(): void;
}

const NO_BYTES = new Uint8Array(0);

/** All streams of an isolate. */
export class UpstreamStreams {
  readonly #post: Post;
  readonly #open = new Map<number, Stream>();
  #last = 0;

  constructor(post: Post) {
    this.#post = post;
  }

  /** Streams open now. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Begins an exchange with the cluster, authority or upstream of that name.
   * @param timeout milliseconds from the end of the request to that of the response, 0 none.
   */
  http(
    fn: number,
    name: string,
    timeout: number,
    events: UpstreamEvents,
  ): UpstreamExchange {
    const stream = this.#add(fn, {
      ends: (message) => message.end === true || message.reset !== undefined,
      heard: (message) => tellHttp(events, message),
      drained: () => events.drain?.(),
    });
    return {
      sendHeaders(pairs, end) {
        if (!stream.open({ kind: "http", name, timeout })) return;
        stream.next.head = packFields(pairs);
        if (end) stream.end();
      },
      sendData: (bytes, end) => stream.send(bytes, end),
      sendTrailers(pairs) {
        if (stream.ended) return;
        stream.next.trailers = packFields(pairs);
        stream.end();
      },
      get unsent() {
        return stream.unsent;
      },
      consumed: (bytes) => stream.consumed(bytes),
      reset: () => stream.reset(),
    };
  }

  /** Connects to the TCP upstream of that name. */
  tcp(fn: number, name: string, events: TcpEvents): TcpStream {
    const stream = this.#add(fn, {
      ends: (message) => message.reset !== undefined,
      heard: ({ ends, data, end, reset }) => {
        if (ends !== undefined) events.connected?.(ends);
        if (data || end) events.data(data ?? NO_BYTES, end === true);
        if (reset !== undefined) events.closed(reset || undefined);
      },
      drained: () => events.drain?.(),
    });
    stream.open({ kind: "tcp", name, timeout: 0 });
    return {
      send: (bytes, end) => stream.send(bytes, end),
      consumed: (bytes) => stream.consumed(bytes),
      close: () => stream.reset(),
    };
  }

  /** Takes the main isolate's word about one stream. */
  take(message: StreamMessage): void {
    this.#open.get(message.n)?.take(message);
  }

  #add(
    fn: number,
    user: Omit<ConstructorParameters<typeof Stream>[2], "gone">,
  ): Stream {
    const n = ++this.#last;
    const gone = () => this.#open.delete(n);
    const stream = new Stream({ fn, n }, this.#post, { ...user, gone });
    this.#open.set(n, stream);
    return stream;
  }
}

/** One message as the events it holds, the last of them with the end. */
function tellHttp(
  events: UpstreamEvents,
  { head, ends, local, data, trailers, end, reset }: StreamMessage,
): void {
  const last = end === true && trailers === undefined;
  if (head !== undefined) {
    if (ends !== undefined) events.connected?.(ends);
    events.headers(unpackFields(head), last && !data, local === true);
  }
  if (data || last && head === undefined) {
    events.data(data ?? NO_BYTES, last);
  }
  if (trailers !== undefined) events.trailers(unpackFields(trailers));
  if (reset !== undefined) events.reset(reset);
}
