/** The handler of a listener whose isolate holds no function of its own to answer with: everything is routed. */
import type { Facts } from "../../abi/host.ts";
import type { WireRequest, WireResponse } from "../isolate/messages.ts";
import { errorAnswer, toResponse } from "./answers.ts";
import { pathOf, readBody, toWire } from "./request.ts";

export type Route = (
  request: WireRequest,
  id: string | undefined,
) => Promise<WireResponse>;

/** Reads the request whole, up to `limit` bytes of body, and routes it. */
export async function handOver(
  request: Request,
  limit: number,
  route: Route,
  facts?: Facts,
): Promise<Response> {
  const body = await readBody(request, limit);
  if (!body) {
    return toResponse(
      errorAnswer(413, `the request body is over the limit of ${limit} bytes`),
    );
  }
  const id = request.headers.get("id") || undefined;
  return toResponse(
    await route(toWire(request, pathOf(request.url), body, facts), id),
  );
}
