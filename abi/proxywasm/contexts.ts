/**
 * Contexts of a plugin instance: its root, and one per HTTP exchange. A host call acts on the context that is current
 * while it is made.
 */
import type { GuestRequest } from "../host.ts";
import { ByteBuffer } from "./buffer.ts";
import { HeaderMap } from "./header_map.ts";
import type { Pair } from "./pairs.ts";

/** What all contexts have. */
export abstract class Context {
  /** What the guest set with `proxy_set_property`, by path. */
  properties: Map<string, Uint8Array> | undefined;
  /** Bytes held in `properties`. */
  propertyBytes = 0;

  constructor(
    /** As the guest knows it; 0 is no context. */
    readonly id: number,
  ) {}

  /** This context as an HTTP exchange, or undefined if it is none. */
  abstract readonly http: HttpContext | undefined;
  /** The root that this context belongs to (itself, if it is one). */
  abstract readonly root: RootContext;
}

/** One plugin in an instance. */
export class RootContext extends Context {
  /** Milliseconds between ticks; 0 is none (`proxy_set_tick_period_milliseconds`). */
  tickPeriod = 0;
  /** `proxy_on_done` answered 0, so that `proxy_done` must come before `proxy_on_delete`. */
  pendingDone = false;
  /** `proxy_on_done` was called; the context goes as soon as nothing is pending. */
  closing = false;

  get http(): undefined {
    return undefined;
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

/** One HTTP exchange: the request, and the answer that the function makes. */
export class HttpContext extends Context {
  readonly requestHeaders: HeaderMap;
  readonly requestBody: ByteBuffer;
  /** The function itself makes the answer, so these are writable from the first callback on. */
  readonly responseHeaders = new HeaderMap();
  #requestTrailers: HeaderMap | undefined;
  #responseTrailers: HeaderMap | undefined;
  readonly responseBody = new ByteBuffer();
  localResponse: LocalResponse | undefined;
  /** `proxy_continue_stream` was called since the last callback began. */
  resumed = false;
  /** `proxy_close_stream` was called. */
  closed = false;
  /** Milliseconds since the epoch. */
  readonly started = Date.now();

  constructor(
    id: number,
    readonly root: RootContext,
    readonly request: GuestRequest,
    pseudoFields: readonly Pair[],
    body: Uint8Array,
  ) {
    super(id);
    this.requestHeaders = new HeaderMap(
      pseudoFields.length === 0 ? request.headers : withoutHost(request),
      pseudoFields,
    );
    this.requestBody = new ByteBuffer(body);
  }

  /** No server that feeds us has them yet, but a guest may read and set them: an empty map, made when asked for. */
  get requestTrailers(): HeaderMap {
    return this.#requestTrailers ??= new HeaderMap();
  }

  get responseTrailers(): HeaderMap {
    return this.#responseTrailers ??= new HeaderMap();
  }

  get http(): HttpContext {
    return this;
  }
}

/** Where the pseudo fields are, `:authority` stands for `host`, as in Envoy. */
function* withoutHost(request: GuestRequest) {
  for (const pair of request.headers) {
    if (pair[0] !== "host") yield pair;
  }
}

/** `:authority`, `:path`, `:method` and `:scheme` as Envoy orders them. */
export function pseudoFieldsOf(request: GuestRequest): Pair[] {
  return [
    [":authority", request.authority],
    [":path", request.path],
    [":method", request.method],
    [":scheme", request.scheme],
  ];
}
