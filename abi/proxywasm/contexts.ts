/**
 * Contexts of a plugin instance: its roots, and one per HTTP exchange or TCP connection. A host call acts on the context
 * that is current while it is made.
 */
import type { Facts, GuestHost, GuestRequest, PluginOptions } from "../host.ts";
import type { ByteBuffer } from "./buffer.ts";
import type { FailureWatcher } from "./callback_queue.ts";
import { bytePair, HeaderMap } from "./header_map.ts";
import type { Pair } from "./pairs.ts";

/** The next id for a context: a u32, from 1 up and round again, none that is `alive`. 0 is the VM itself. */
export function idAfter(
  last: number,
  alive: ReadonlyMap<number, unknown>,
): number {
  let id = last;
  do id = id === 0xffffffff ? 1 : id + 1; while (alive.has(id));
  return id;
}

/** What all contexts have. */
export abstract class Context {
  /** What the guest set with `proxy_set_property`, by path. */
  properties: Map<string, Uint8Array> | undefined;
  /** Bytes held in `properties`. */
  propertyBytes = 0;
  /** It was not deleted. */
  alive = true;
  /** Whose context it is, if somebody is to hear that its instance failed. */
  watcher: FailureWatcher | undefined;

  constructor(
    /** As the guest knows it; 0 is no context. */
    readonly id: number,
  ) {}

  /** This context as an HTTP exchange, or undefined if it is none. */
  get http(): HttpContext | undefined {
    return undefined;
  }
  /** This context as a TCP connection, or undefined if it is none. */
  get tcp(): TcpContext | undefined {
    return undefined;
  }
  /** The root that this context belongs to (itself, if it is one). */
  abstract readonly root: RootContext;
}

/** One plugin in an instance. */
export class RootContext extends Context {
  /** Milliseconds between ticks; 0 is none (`proxy_set_tick_period_milliseconds`). */
  tickPeriod = 0;
  /** `proxy_on_done` answered 0, so that `proxy_done` must come before `proxy_on_delete`. */
  pendingDone = false;
  /** Exchanges that have not reached it yet and still may: it is there until they did. */
  expected = 0;
  /** `proxy_on_done` was called; the context goes as soon as nothing is pending. */
  closing = false;

  constructor(
    id: number,
    readonly options: PluginOptions,
    readonly host: GuestHost,
  ) {
    super(id);
  }

  get root(): RootContext {
    return this;
  }
}

/** `proxy_send_local_response`, kept until the callback that called it returns. */
export interface LocalResponse {
  status: number;
  details: string;
  headers: Pair[];
  body: Uint8Array;
  /** -1 where the answer is not gRPC. */
  grpcStatus: number;
}

/** What host calls see of one direction of an exchange. */
export class Side {
  /** Undefined where there is no such map yet. */
  headers: HeaderMap | undefined;
  trailers: HeaderMap | undefined;
  /** What `proxy_get_buffer_bytes` reads now; undefined where there is nothing to read. */
  body: ByteBuffer | undefined;
  /** The headers went on: what is written to them now has no effect. */
  sent = false;
  /** Bytes of the body that went on. */
  passed = 0;
  /** The end of the body is being shown, behind which a guest may make trailers. */
  ending = false;

  /** The trailers to write to. */
  get writableTrailers(): HeaderMap | undefined {
    if (this.ending) this.trailers ??= new HeaderMap();
    return this.trailers;
  }
}

/** What host calls ask of the exchange they are made in. Each takes effect after the callback that runs. */
export interface HttpControl {
  continueRequest(): void;
  continueResponse(): void;
  close(): void;
  respond(response: LocalResponse): void;
}

/** One HTTP exchange as host calls see it. */
export class HttpContext extends Context {
  localResponse: LocalResponse | undefined;
  /** Milliseconds since the epoch. */
  readonly started = Date.now();
  /** Made when asked for: most exchanges have all the maps that their guests look at. */
  #noMap: HeaderMap | undefined;

  constructor(
    id: number,
    readonly root: RootContext,
    /** What is known of the request besides its fields. */
    readonly request: GuestRequest,
    readonly requestSide: Side,
    readonly responseSide: Side,
    /** Undefined in Layotto's sequence, where nothing can be paused. */
    readonly control?: HttpControl,
  ) {
    super(id);
  }

  override get http(): HttpContext {
    return this;
  }

  /** Has the exchange answered after the callback that runs. */
  respond(response: LocalResponse): void {
    if (this.control === undefined) this.localResponse = response;
    else this.control.respond(response);
  }

  /** The maps for reading; an absent one is empty. */
  get requestHeaders(): HeaderMap {
    return this.requestSide.headers ?? this.#empty;
  }
  get responseHeaders(): HeaderMap {
    return this.responseSide.headers ?? this.#empty;
  }
  get responseTrailers(): HeaderMap {
    return this.responseSide.trailers ?? this.#empty;
  }

  get #empty(): HeaderMap {
    return this.#noMap ??= new HeaderMap();
  }
}

/** What host calls ask of a connection. */
export interface TcpControl {
  continueDownstream(): void;
  continueUpstream(): void;
  close(side: "downstream" | "upstream"): void;
}

/** One TCP connection as host calls see it. */
export class TcpContext extends Context {
  /** Buffers 2 and 3 while there is something in them to read. */
  downstream: ByteBuffer | undefined;
  upstream: ByteBuffer | undefined;

  constructor(
    id: number,
    readonly root: RootContext,
    readonly control: TcpControl,
    readonly facts?: Facts,
  ) {
    super(id);
  }

  override get tcp(): TcpContext {
    return this;
  }
}

/** The request's fields as a plugin for Envoy sees them: pseudo fields first, `:authority` in the place of `host`. */
export function envoyFields(request: GuestRequest): HeaderMap {
  // The pseudo fields as Envoy orders them.
  const pairs: Pair[] = [
    [":authority", request.authority],
    [":path", request.path],
    [":method", request.method],
    [":scheme", request.scheme],
  ];
  for (const pair of request.headers) {
    if (pair[0] !== "host") pairs.push(bytePair(pair));
  }
  return HeaderMap.of(pairs);
}
