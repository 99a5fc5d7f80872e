/** What is known of a request's connection. */
import type { Endpoint, Facts } from "../../abi/host.ts";

let lastConnection = 0;

/** One connection's ends, and a number of its own. */
export class ClientEnds {
  readonly source: Endpoint | undefined;
  readonly destination: Endpoint | undefined;
  readonly connectionId = ++lastConnection;

  constructor({ remoteAddr, localAddr }: Deno.TcpConn) {
    this.source = endpoint(remoteAddr);
    this.destination = endpoint(localAddr);
  }
}

/** Of one request. A class, so that all have the same shape whatever is filled in. */
export class HttpFacts implements Facts {
  readonly source: Endpoint | undefined;
  readonly destination: Endpoint | undefined;
  readonly connectionId: number;
  // Filled in by whoever chooses them.
  routeName?: string = undefined;
  clusterName?: string = undefined;
  upstream?: Endpoint = undefined;
  upstreamLocal?: Endpoint = undefined;
  codeDetails?: string = undefined;

  constructor(ends: ClientEnds, readonly protocol: string) {
    this.source = ends.source;
    this.destination = ends.destination;
    this.connectionId = ends.connectionId;
  }
}

/** What is known of a TCP connection. */
export function tcpFacts(conn: Deno.TcpConn): Facts {
  return { ...new ClientEnds(conn) };
}

/** The same as plain data, for a message. */
export function plainFacts(
  { source, destination, connectionId, protocol }: Facts,
): Facts {
  return { source, destination, connectionId, protocol };
}

function endpoint(addr: Deno.Addr): Endpoint | undefined {
  if (!("hostname" in addr)) return undefined;
  const { hostname, port } = addr;
  return { hostname, port };
}
