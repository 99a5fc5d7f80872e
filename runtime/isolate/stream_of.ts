/** Bodies that travel between isolates as streams. */
import type { WireRequest, WireResponse } from "./messages.ts";

/** What of a request or an answer is handed over and not copied. */
export function streamOf(
  message: WireRequest | WireResponse | undefined,
): Transferable[] {
  return message?.stream === undefined ? [] : [message.stream];
}
