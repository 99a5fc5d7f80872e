/** Takes connections of a TCP listener, for as long as it is open. */
import { sleep } from "../../proto/after.ts";

/** Milliseconds before the next try where no connection can be had, as when no descriptors are left. */
const AGAIN = 100;

/** @throws {Error} naming the address that cannot be had. */
export function listenTcp(
  hostname: string,
  port: number,
  shared: boolean,
): Deno.TcpListener {
  try {
    return Deno.listen({ hostname, port, reusePort: shared });
  } catch (error) {
    throw cannotListen(hostname, port, error);
  }
}

/** Why an address cannot be had, as an error that names it. */
export function cannotListen(
  hostname: string,
  port: number,
  error: unknown,
): Error {
  const why = error instanceof Deno.errors.AddrInUse
    ? "the port is in use"
    : (error as Error).message;
  return new Error(`cannot listen on ${hostname}:${port}: ${why}`);
}

function isClients(error: unknown): boolean {
  return error instanceof Deno.errors.ConnectionAborted ||
    error instanceof Deno.errors.ConnectionReset;
}

/** Calls `take` for each connection; what that returns is waited for before the next. */
export async function acceptAll(
  listener: Deno.TcpListener,
  take: (conn: Deno.TcpConn) => Promise<void> | void,
): Promise<void> {
  while (true) {
    let conn: Deno.TcpConn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      // A client that was gone before costs the others nothing.
      if (!isClients(error)) await sleep(AGAIN);
      continue;
    }
    const full = take(conn);
    if (full !== undefined) await full;
  }
}
