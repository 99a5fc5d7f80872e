/** A TCP listener of this isolate: each connection goes through a chain of functions that live here. */
import { acceptAll, listenTcp } from "../../../ingress/accept.ts";
import type { LocalFunction } from "../function.ts";
import { linksLater, linksNow } from "../http/links.ts";
import { type ConnectionOptions, TcpConnection } from "./connection.ts";

/** Connections open at a time; more wait in the kernel. */
const MAX_CONNECTIONS = 10_000;
/** Milliseconds a connection waits for instances. */
const PATIENCE = 10_000;

export interface TcpChain {
  functions: readonly LocalFunction[];
  connect: ConnectionOptions["connect"];
  limit: number;
}

/** @returns the port. @throws {Error} naming the address that cannot be had. */
export function serveTcp(
  chain: TcpChain,
  hostname: string,
  port: number,
  shared: boolean,
): number {
  const listener = listenTcp(hostname, port, shared);
  let open = 0;
  let room: (() => void) | undefined;
  acceptAll(listener, (conn) => {
    open++;
    begin(conn, chain, () => {
      open--;
      room?.();
    });
    if (open < MAX_CONNECTIONS) return;
    return new Promise<void>((resolve) => room = resolve);
  });
  return listener.addr.port;
}

async function begin(
  conn: Deno.TcpConn,
  { functions, connect, limit }: TcpChain,
  over: () => void,
): Promise<void> {
  const links = linksNow(functions) ?? await linksLater(functions, PATIENCE);
  if (!Array.isArray(links)) {
    links.warn("a connection was closed: no instance could be had");
    conn.close();
    return over();
  }
  new TcpConnection(conn, links, { connect, limit, over }).start();
}
