/** What is known of a request's connection. Looked up on demand: most functions never ask. */
import type { Endpoint, Facts } from "../../abi/host.ts";

/** A listener that is bound to every address does not say which one a client reached. */
const EVERY_ADDRESS = ["0.0.0.0", "::", "[::]"];

export class ConnectionFacts implements Facts {
  /** The server does not tell; clients that speak HTTP/2 without TLS are rare. */
  readonly protocol = "HTTP/1.1";
  // Filled in by whoever chooses them.
  routeName?: string;
  clusterName?: string;
  upstream?: Endpoint;
  upstreamLocal?: Endpoint;
  codeDetails?: string;
  readonly #info: Deno.ServeHandlerInfo;
  readonly #local: Deno.Addr;

  /** `local`: where the listener listens. */
  constructor(info: Deno.ServeHandlerInfo, local: Deno.Addr) {
    this.#info = info;
    this.#local = local;
  }

  get source(): Endpoint | undefined {
    return endpoint(this.#info.remoteAddr);
  }

  get destination(): Endpoint | undefined {
    return endpoint(this.#local);
  }
}

let lastConnection = 0;

/** What is known of a TCP connection. */
export function tcpFacts({ remoteAddr, localAddr }: Deno.TcpConn): Facts {
  return {
    source: endpoint(remoteAddr),
    destination: endpoint(localAddr),
    connectionId: ++lastConnection,
  };
}

/** The same as plain data, for a message. */
export function plainFacts({ source, destination, protocol }: Facts): Facts {
  return { source, destination, protocol };
}

function endpoint(addr: Deno.Addr): Endpoint | undefined {
  if (!("hostname" in addr)) return undefined;
  const { hostname, port } = addr;
  return EVERY_ADDRESS.includes(hostname) ? { port } : { hostname, port };
}
