/** How parts of an exchange are handed from one place to the next. */
import type { HeaderMap } from "./header_map.ts";

/**
 * Takes one direction of an exchange: the headers once, then data, then either an end with the last of these or
 * trailers. Header maps are handed over, bytes too.
 */
export interface StreamSink {
  headers(map: HeaderMap, end: boolean): void;
  data(bytes: Uint8Array, end: boolean): void;
  trailers(map: HeaderMap): void;
}
