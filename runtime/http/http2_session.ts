/** What a session of Deno's `node:http2` needs before it meets a peer. */
import type { Http2Session } from "node:http2";

/**
 * Puts off the end of a session until it does not read. Deno 2.9.6 ends it from within, at a peer's goodbye or error and
 * at the answer to a ping of which it knows nothing; with more to read behind that, as the ping that gRPC's servers send
 * after a goodbye, it goes on with memory that was freed, and the process crashes.
 */
export function endAfterReading(session: Http2Session): void {
  const destroy = session.destroy.bind(session);
  session.destroy = (...reason) => queueMicrotask(() => destroy(...reason));
}
