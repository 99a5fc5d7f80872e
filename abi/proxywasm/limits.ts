/** What one guest may make the host hold, in bytes or pieces. Each is checked before anything is allocated. */

/** Serialized header map, either way (Envoy's host library has the same number). */
export const MAX_PAIRS_BYTES = 1024 * 1024;

/** Entries of a header map that a guest hands over (likewise). */
export const MAX_PAIRS = 1024;

/** One log line; the rest is cut off and counted. */
export const MAX_LOG_BYTES = 256 * 1024;

/** Store names, keys, function ids, methods, property paths, queue and metric names. */
export const MAX_NAME_BYTES = 64 * 1024;

/** A body, a parameter of an invocation, or an answer, unless the runtime sets another limit. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** What a guest may write to its call data; a function id is all that belongs there. */
export const MAX_CALL_DATA_BYTES = 64 * 1024;

/** All properties that one context has set, paths and values. */
export const MAX_PROPERTY_BYTES = 1024 * 1024;

/** Shared data of one VM id, keys and values with what it takes to keep them. */
export const MAX_SHARED_DATA_BYTES = 64 * 1024 * 1024;

/** Shared queues of one VM id, and the bytes waiting in all of them. */
export const MAX_QUEUES = 1024;
export const MAX_QUEUE_BYTES = 64 * 1024 * 1024;

/** Calls to services outside that one instance may have under way. */
export const MAX_CALLS = 4096;

/** Bodies and messages with which the calls were begun that one instance has under way. */
export const MAX_CALL_BYTES = 64 * 1024 * 1024;

/** Metrics of one VM id, and a metric's name. */
export const MAX_METRICS = 4096;
export const MAX_METRIC_NAME_BYTES = 4096;
