/** Connections to an endpoint, TCP or TLS, in time or not at all. */
import type { Addresses } from "./addresses.ts";
import type { ClusterConfig } from "./cluster_config.ts";
import { Failure } from "./failure.ts";
import { type Endpoint, showEndpoint } from "./target.ts";

/** @throws {Failure} `connect`, `connect timeout` or `no endpoint`, naming the address. */
export async function connect(
  endpoint: Endpoint,
  config: ClusterConfig,
  addresses: Addresses,
): Promise<Deno.Conn> {
  const { connectTimeout } = config;
  const attempt = open(endpoint, config, addresses);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) =>
    timer = setTimeout(() => resolve(undefined), connectTimeout)
  );
  try {
    const connection = await Promise.race([attempt, late]);
    if (connection) return connection;
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

async function open(
  { host, port }: Endpoint,
  { tls }: ClusterConfig,
  addresses: Addresses,
): Promise<Deno.Conn> {
  const hostname = await addresses.next();
  const connection = await Deno.connect({ hostname, port }).catch((error) => {
    if (hostname === host) throw error;
    // The system may know an address that answers.
    return Deno.connect({ hostname: host, port });
  });
  connection.setNoDelay(true);
  if (!tls) return connection;
  const secured = await Deno.startTls(connection, {
    hostname: host,
    caCerts: [...tls.caCerts ?? []],
  });
  try {
    await secured.handshake();
  } catch (error) {
    secured.close();
    throw error;
  }
  return secured;
}

/** An error of the system in our terms. A name without an address is all that has no type of its own. */
export function connectFailure(endpoint: Endpoint, error: Error): Failure {
  const kind = /lookup|ENOTFOUND|EAI_AGAIN/.test(error.message)
    ? "no endpoint"
    : "connect";
  return new Failure(kind, `${showEndpoint(endpoint)}: ${error.message}`);
}
