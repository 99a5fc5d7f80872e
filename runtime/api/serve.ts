/** The host's own HTTP servers: few requests, from those who run it. */
import { errorAnswer } from "../ingress/answers.ts";
import { cannotListen } from "../ingress/accept.ts";
import type { Listener } from "../ingress/listener.ts";

/** @throws {Error} naming the address that cannot be had. */
export function openApi(
  hostname: string,
  port: number,
  handler: (request: Request) => Response | Promise<Response>,
): Listener {
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve(
      { hostname, port, onListen() {}, onError: failed },
      handler,
    );
  } catch (error) {
    throw cannotListen(hostname, port, error);
  }
  return { port: server.addr.port, close: () => server.shutdown() };
}

function failed(error: unknown): Response {
  const { status, headers, body } = errorAnswer(
    500,
    `internal error: ${(error as Error).message}`,
  );
  return new Response(body as Uint8Array<ArrayBuffer>, { status, headers });
}
