/** The handler of a listener whose isolate holds no function of its own to answer with: everything is routed. */
import type { Facts } from "../../abi/host.ts";
import type { WireRequest, WireResponse } from "../isolate/messages.ts";
import { toResponse } from "./answers.ts";
import { pathOf, readBody, toWire } from "./request.ts";

const NONE = new Uint8Array(0);

export type Route = (
  request: WireRequest,
  id: string | undefined,
) => Promise<WireResponse>;

/**
 * Reads the request whole, up to `limit` bytes of body, and routes it. One with a longer body is routed without it:
 * whose function it is for is known there alone, and so is how to say no in that function's log.
 */
export async function handOver(
  request: Request,
  limit: number,
  route: Route,
  facts?: Facts,
): Promise<Response> {
  const body = await readBody(request, limit);
  const id = request.headers.get("id") || undefined;
  const wire = toWire(request, pathOf(request.url), body ?? NONE, facts);
  return toResponse(
    await route(body ? wire : { ...wire, tooLarge: true }, id),
  );
}
