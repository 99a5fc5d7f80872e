/** Connections to an endpoint, TCP or TLS, in time or not at all. */
import type { ClusterConfig } from "./cluster_config.ts";
import { Failure } from "./failure.ts";
import { type Endpoint, showEndpoint } from "./target.ts";

/** @throws {Failure} `connect`, `connect timeout` or `no endpoint`, naming the address. */
export async function connect(
  endpoint: Endpoint,
  { tls, connectTimeout }: ClusterConfig,
): Promise<Deno.TcpConn | Deno.TlsConn> {
  const { host: hostname, port } = endpoint;
  const attempt: Promise<Deno.TcpConn | Deno.TlsConn> = tls
    ? connectTls(hostname, port, tls.caCerts)
    : Deno.connect({ hostname, port });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) =>
    timer = setTimeout(() => resolve(undefined), connectTimeout)
  );
  try {
    const connection = await Promise.race([attempt, late]);
    if (connection) {
      if ("setNoDelay" in connection) connection.setNoDelay(true);
      return connection;
    }
  } catch (error) {
    throw connectFailure(endpoint, error as Error);
  } finally {
    clearTimeout(timer);
  }
  // It cannot be called off: should it be made after all, nobody wants it.
  attempt.then((connection) => connection.close(), () => {});
  throw new Failure(
    "connect timeout",
    `${showEndpoint(endpoint)}: no connection within ${connectTimeout} ms`,
  );
}

async function connectTls(
  hostname: string,
  port: number,
  caCerts: readonly string[] = [],
): Promise<Deno.TlsConn> {
  const connection = await Deno.connectTls({
    hostname,
    port,
    caCerts: [...caCerts],
  });
  try {
    await connection.handshake();
  } catch (error) {
    connection.close();
    throw error;
  }
  return connection;
}

/** An error of the system in our terms. A name without an address is all that has no type of its own. */
export function connectFailure(endpoint: Endpoint, error: Error): Failure {
  const kind = /lookup|ENOTFOUND|EAI_AGAIN/.test(error.message)
    ? "no endpoint"
    : "connect";
  return new Failure(kind, `${showEndpoint(endpoint)}: ${error.message}`);
}
