/**
 * Numbers of the proxy-wasm ABI, the same in versions 0.1.0, 0.2.0 and 0.2.1 (spec v0.2.1, "Types"). Names in brackets
 * exist only in deployed hosts and SDK headers.
 */

/** `proxy_status_t`: what a host call answers. */
export const Status = {
  ok: 0,
  notFound: 1,
  badArgument: 2,
  serializationFailure: 3,
  parseFailure: 4,
  /** [Envoy] */
  badExpression: 5,
  invalidMemoryAccess: 6,
  empty: 7,
  casMismatch: 8,
  /** [Envoy] */
  resultMismatch: 9,
  internalFailure: 10,
  /** [Envoy] */
  brokenConnection: 11,
  unimplemented: 12,
} as const;
export type Status = typeof Status[keyof typeof Status];

/** `proxy_buffer_type_t`. 8 is foreign function arguments; in Layotto it is writable and carries the function id. */
export const BufferType = {
  httpRequestBody: 0,
  httpResponseBody: 1,
  downstreamData: 2,
  upstreamData: 3,
  httpCallResponseBody: 4,
  grpcMessage: 5,
  vmConfiguration: 6,
  pluginConfiguration: 7,
  callData: 8,
} as const;

/** The greatest buffer type; anything above is a bad argument. */
export const LAST_BUFFER_TYPE = 8;

/** `proxy_header_map_type_t`. */
export const MapType = {
  requestHeaders: 0,
  requestTrailers: 1,
  responseHeaders: 2,
  responseTrailers: 3,
  grpcInitialMetadata: 4,
  grpcTrailingMetadata: 5,
  httpCallResponseHeaders: 6,
  httpCallResponseTrailers: 7,
} as const;

/** The greatest header map type; anything above is a bad argument. */
export const LAST_MAP_TYPE = 7;

/** `proxy_stream_type_t`: what `proxy_continue_stream` and `proxy_close_stream` name. */
export const StreamType = {
  httpRequest: 0,
  httpResponse: 1,
  downstream: 2,
  upstream: 3,
} as const;

/** `proxy_metric_type_t`. */
export const MetricType = { counter: 0, gauge: 1, histogram: 2 } as const;
export type MetricType = typeof MetricType[keyof typeof MetricType];

/** What a headers callback answers (ABI.md §2.6); anything greater counts as the last. Envoy 1.40 goes on at 2 too. */
export const HeadersAction = {
  continue: 0,
  stop: 1,
  continueAndEndStream: 2,
  stopAllAndBuffer: 3,
  stopAllAndWatermark: 4,
} as const;

/** What a body callback answers (ABI.md §2.6); anything greater counts as the last. */
export const BodyAction = {
  continue: 0,
  stopAndBuffer: 1,
  stopAndWatermark: 2,
  stopNoBuffer: 3,
} as const;
