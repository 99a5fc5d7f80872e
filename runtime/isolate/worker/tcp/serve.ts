/** A TCP listener of this isolate: each connection goes through a chain of functions that live here. */
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
  let listener: Deno.TcpListener;
  try {
    listener = Deno.listen({ hostname, port, reusePort: shared });
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "the port is in use"
      : (error as Error).message;
    throw new Error(`cannot listen on ${hostname}:${port}: ${why}`);
  }
  accept(listener, chain);
  return listener.addr.port;
}

async function accept(
  listener: Deno.TcpListener,
  chain: TcpChain,
): Promise<void> {
  let open = 0;
  let room: (() => void) | undefined;
  while (true) {
    let conn: Deno.TcpConn;
    try {
      conn = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) return;
      // No descriptors left, or a client that was gone before: the next may be luckier.
      await new Promise((done) => setTimeout(done, 10));
      continue;
    }
    open++;
    begin(conn, chain, () => {
      open--;
      room?.();
    });
    if (open >= MAX_CONNECTIONS) {
      await new Promise<void>((resolve) => room = resolve);
      room = undefined;
    }
  }
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
