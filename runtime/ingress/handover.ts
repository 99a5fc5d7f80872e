/** The handler of a listener whose isolate holds no function of its own to answer with: everything is routed. */
import type { WireRequest, WireResponse } from "../isolate/messages.ts";
import { errorAnswer, sendAnswer, understood } from "./answers.ts";
import type { Incoming, OnLeft, Reply } from "./incoming.ts";
import { type Listener, openListener } from "./listener.ts";
import { fieldOf, toWire } from "./request.ts";
import { collect, streamOfBody } from "./streams.ts";

/** A body that is said to be no longer goes along with its request, which is faster: bytes. */
const SHORT = 64 * 1024;

const NONE = new Uint8Array(0);

export type Route = (
  request: WireRequest,
  id: string | undefined,
  onLeft: OnLeft,
) => Promise<WireResponse>;

/**
 * A listener of which everything is routed.
 * @throws {Error} naming the address when it cannot be had.
 */
export function openRouted(
  hostname: string,
  port: number,
  route: Route,
): Listener {
  return openListener(
    hostname,
    port,
    (request, reply) => handOver(request, reply, route),
  );
}

/** Routes a request: its body, unless it is short, and that of the answer go through as they come. */
export async function handOver(
  request: Incoming,
  reply: Reply,
  route: Route,
): Promise<void> {
  const { body, headers } = request;
  const id = fieldOf(headers, "id") || undefined;
  const short = body !== undefined && (body.declared ?? Infinity) <= SHORT;
  let bytes: Uint8Array | undefined;
  try {
    bytes = short ? await collect(body, SHORT) : NONE;
  } catch (error) {
    return reply.reset((error as Error).message);
  }
  const wire = toWire(request, bytes ?? NONE);
  wire.streams = true;
  if (body !== undefined && !short) wire.stream = streamOfBody(body);
  let left = () => {};
  reply.listen({ gone: () => left(), pressure() {} });
  try {
    const answer = await route(wire, id, (work) => left = work);
    sendAnswer(reply, understood(answer, headers));
  } catch (error) {
    const message = `internal error: ${(error as Error).message}`;
    sendAnswer(reply, errorAnswer(500, message));
  }
}
