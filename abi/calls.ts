/** Calls that guests make to services outside: what `abi` needs of the host for them (ABI.md §1.6, §2.7). */

/** A field: byte strings; pseudo fields first. */
type Pair = readonly [name: string, value: string];

/** Calls of one guest. What a call is told comes later: never before the method that began it returns. */
export interface GuestCalls {
  /** Whether a call may name this upstream. */
  knows(upstream: string): boolean;

  /**
   * One HTTP exchange. `heard` is called at most once; `undefined` where the response broke off, or its body was over
   * the limit. An upstream that cannot be reached or is too slow answers all the same: 503 or 504, as in Envoy.
   */
  http(
    call: HttpCall,
    heard: (response: HttpCallResponse | undefined) => void,
  ): { cancel(): void };

  /** One gRPC stream, which a unary call is too. */
  grpc(call: GrpcCall, events: GrpcEvents): GrpcStream;
}

export interface HttpCall {
  upstream: string;
  /** With `:method`, `:path` and `:authority`, names in lower case. */
  headers: readonly Pair[];
  body: Uint8Array;
  trailers: readonly Pair[];
  /** Milliseconds for all of it; 0 is no limit. */
  timeout: number;
}

export interface HttpCallResponse {
  /** `:status` first, names in lower case. */
  headers: [string, string][];
  body: Uint8Array;
  trailers: [string, string][];
}

export interface GrpcCall {
  upstream: string;
  service: string;
  method: string;
  metadata: readonly Pair[];
  /** Milliseconds for all of it; 0 is no limit. */
  timeout: number;
}

/** Told of a gRPC stream, in this order: metadata, messages, trailing metadata, close. */
export interface GrpcEvents {
  initial(metadata: [string, string][]): void;
  /** A message without its frame. `done` is to be called once it was used: until then few more come. */
  message(bytes: Uint8Array, done: () => void): void;
  trailing(metadata: [string, string][]): void;
  /** Once, last; `status` is a gRPC status, 0 to 16. */
  close(status: number, message: string): void;
}

/** Nothing here throws; after the stream's close, calls do nothing. */
export interface GrpcStream {
  /** Sends one message, then with `end` the end of what is sent. Keeps `bytes`. */
  send(bytes: Uint8Array | undefined, end: boolean): void;
  /** Gives the stream up: no event comes any more. */
  cancel(): void;
}
