/**
 * Where an HTTP listener comes from: today always opened by ourselves, in the network namespace we are in. Handed-over
 * sockets (DESIGN, decision 14) will come in here, and nowhere else.
 */
import type { Facts } from "../../abi/host.ts";
import { sleep } from "../../proto/after.ts";
import { ConnectionFacts } from "./facts.ts";
import { misleads } from "./request.ts";

/** Answers a request; what is known of its connection comes with it. */
export type Handler = (
  request: Request,
  facts: Facts,
) => Response | Promise<Response>;

/** Before a server that has ended is opened again: milliseconds. */
const AGAIN = 100;

export interface Listener {
  port: number;
  /** Stops listening after the requests under way were answered. */
  close(): Promise<void>;
}

/**
 * `shared`: other isolates listen on the same address, and the kernel spreads connections over them.
 * @throws {Error} naming the address when it cannot be had.
 */
export function openListener(
  hostname: string,
  port: number,
  handler: Handler,
  shared = false,
): Listener {
  let server = open(port);
  const { port: bound } = server.addr as Deno.NetAddr;
  let closed = false;
  keep();
  return {
    port: bound,
    close() {
      closed = true;
      return server.shutdown();
    },
  };

  /** Deno's server ends where it cannot accept one connection, as when no descriptors are left: another takes its place. */
  function keep(): void {
    server.finished.catch(async () => {
      while (!closed) {
        await sleep(AGAIN);
        try {
          server = open(bound);
          return keep();
        } catch { /* there is still none */ }
      }
    });
  }

  function open(port: number): Deno.HttpServer {
    return serve(hostname, port, handler, shared);
  }
}

function serve(
  hostname: string,
  port: number,
  handler: Handler,
  shared: boolean,
): Deno.HttpServer {
  try {
    const server: Deno.HttpServer = Deno.serve(
      {
        hostname,
        port,
        reusePort: shared,
        onListen() {},
        onError: failed,
      },
      (request, info) =>
        misleads(request.headers.get("host"))
          ? new Response(null, { status: 400 })
          : handler(request, new ConnectionFacts(info, server.addr)),
    );
    return server;
  } catch (error) {
    const why = error instanceof Deno.errors.AddrInUse
      ? "the port is in use"
      : (error as Error).message;
    throw new Error(`cannot listen on ${hostname}:${port}: ${why}`);
  }
}

function failed(error: unknown): Response {
  return new Response(
    JSON.stringify({ error: `internal error: ${(error as Error).message}` }) +
      "\n",
    {
      status: 500,
      headers: { "content-type": "application/json" },
    },
  );
}
