/** What a message may have of each thing, so that nobody fills our memory (Envoy has about the same). */

/** Bytes of a message's head, and of its trailers. */
export const MAX_HEAD = 96 * 1024;
/** Fields of either. */
export const MAX_FIELDS = 256;
/** Bytes of a line that says a chunk's size, its extensions included. */
export const MAX_CHUNK_LINE = 4096;
